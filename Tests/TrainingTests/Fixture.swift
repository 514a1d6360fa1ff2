import Foundation

/// A JSON file of this folder's fixtures.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name).json")
  return try JSONDecoder().decode(type, from: Data(contentsOf: url))
}
