/// The SQL of the gallery file, compiled in: numbered migrations, each applied in one transaction.
public enum GallerySchema {
  /// Migrations in order; the n-th brings `user_version` to n.
  public static var migrations: [String] {
    [
      text(PackageResources.v1_gallery_sql), text(PackageResources.v2_upkeep_sql),
      text(PackageResources.v3_sources_sql), text(PackageResources.v4_changes_sql),
    ]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
