import SMF
import Testing

@Test(arguments: [
    ("", 0xEF46_DB37_51D8_E999 as UInt64), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
    ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
])
func xxh64MatchesPublishedVectors(text: String, expected: UInt64) {
    #expect(Array(text.utf8).withUnsafeBytes { xxh64($0) } == expected)
}

@Test func crc32cMatchesPublishedVectors() {
    func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }
    #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
    // RFC 3720 B.4
    #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc(Array(0..<32)) == 0x46DD_794E)
}

@Test(arguments: [("", 0x811C_9DC5 as UInt32), ("a", 0xE40C_292C), ("foobar", 0xBF9C_F968)])
func fnv1aMatchesPublishedVectors(text: String, expected: UInt32) {
    #expect(Array(text.utf8).withUnsafeBufferPointer { fnv1a($0) } == expected)
}
