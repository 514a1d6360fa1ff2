import Foundation

/// Text made safe to stand inside HTML or SVG.
func escaped(_ text: String) -> String {
  var safe = ""
  // Scalar by scalar: a quotation mark with a mark that combines with it is a character of its own.
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": safe += "&amp;"
    case "<": safe += "&lt;"
    case ">": safe += "&gt;"
    case "\"": safe += "&quot;"
    case "'": safe += "&#39;"
    default: safe.unicodeScalars.append(scalar)
    }
  }
  return safe
}

/// A page that needs nothing else: styles inside, pictures as data, no scripts.
struct HTMLPage {
  var title: String
  var body: String

  var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <main>
    \(body)
    </main>
    </body>
    </html>

    """
  }

  /// The colours of pages and charts.
  static let colours = """
    :root {
      color-scheme: light dark;
      --paper: #fbfaf8; --ink: #1d2127; --soft: #666d76; --line: #dedbd5; --card: #ffffff;
      --right: #1a7f4b; --wrong: #b3362b; --one: #2563a8; --two: #c2681b; --three: #7a8288;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181c; --ink: #e8e6e2; --soft: #9aa1aa; --line: #33373e; --card: #1e2126;
        --right: #4cc38a; --wrong: #f0776c; --one: #6cabf0; --two: #f0a35e; --three: #9aa1aa;
      }
    }
    """

  private static let style =
    colours + """

      * { box-sizing: border-box; }
      body { margin: 0; background: var(--paper); color: var(--ink);
        font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
      main { max-width: 1080px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
      h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.02em; text-wrap: balance; }
      h2 { font-size: 1.2rem; margin: 3rem 0 .75rem; letter-spacing: -.01em; }
      p { margin: .5rem 0; max-width: 46rem; }
      .lead { color: var(--soft); font-size: 1.05rem; }
      .soft { color: var(--soft); }
      .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .75rem; margin: 1.5rem 0; }
      .figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
      .figure b { display: block; font-size: 1.55rem; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
      .figure span { color: var(--soft); font-size: .85rem; line-height: 1.3; display: block; }
      .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1rem; }
      .chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; }
      .chart h3 { margin: 0 0 .25rem; font-size: 1rem; }
      .chart svg { width: 100%; height: auto; display: block; }
      .answers { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: .75rem; }
      .answer { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--right);
        border-radius: 10px; padding: .7rem .8rem; display: flex; gap: .6rem; align-items: flex-start; }
      .answer.wrong { border-left-color: var(--wrong); }
      .face { width: 62px; font-size: .72rem; line-height: 1.25; color: var(--soft); text-align: center;
        font-variant-numeric: tabular-nums; }
      .face img { width: 62px; height: 76px; object-fit: cover; border-radius: 6px; display: block; margin-bottom: .2rem;
        outline: 2px solid transparent; }
      .face.mate img { outline-color: var(--right); }
      .face b { color: var(--ink); display: block; }
      .arrow { align-self: center; color: var(--soft); padding-bottom: 2rem; }
      details { margin-top: .75rem; }
      summary { cursor: pointer; color: var(--soft); margin-bottom: .75rem; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
      th, td { text-align: right; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
      th:first-child, td:first-child { text-align: left; }
      th { color: var(--soft); font-weight: 500; }
      td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
      h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
      .pairs { grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); }
      .pair .distance { align-self: center; margin-left: auto; padding-bottom: 1.5rem; font-variant-numeric: tabular-nums; }
      .question { flex-wrap: wrap; }
      .question > b { width: 100%; }
      .map svg { max-height: 70vh; }
      code, pre { font: .88rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
      pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; overflow-x: auto; }
      """
}
