@main struct Likeness { static func main() {} }
