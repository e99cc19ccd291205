import CPlatform
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

/// FIPS 180-4's examples (NIST's "SHA256.pdf"), and lengths around the padding's edges against `sha256sum`.
@Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
    (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
    (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
])
func sha256Digests(text: String, expected: String) {
    let digest = Array(text.utf8).withUnsafeBytes { sha256($0) }
    let digits = (0..<32).map { i in
        let hex = String(digest.byte(i), radix: 16)
        return hex.count == 1 ? "0" + hex : hex
    }.joined()
    #expect(digits == expected)
}

/// The processor's instructions and plain code must agree, from any state.
@Test func sha256WithAndWithoutInstructions() {
    var generator = SystemRandomNumberGenerator()
    for count in [1, 2, 3, 17] {
        let blocks = (0..<count * 64 + 1).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var state = (0..<8).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
        var plain = state
        blocks.withUnsafeBytes { bytes in
            // At an odd address, too.
            cp_sha256(&state, bytes.baseAddress! + 1, count)
            cp_sha256_portable(&plain, bytes.baseAddress! + 1, count)
        }
        #expect(state == plain)
    }
}

@Test func utf8IsToldFromOtherBytes() {
    func first(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBytes { smfFirstInvalidUTF8($0) } }
    for text in ["", "plain text of some length", "é", "aé€😀z", "\u{D7FF}\u{E000}\u{10FFFF}"] {
        #expect(first(Array(text.utf8)) == nil)
    }
    // Every two-byte and three-byte beginning, against the standard library's opinion.
    for a in 0x80...0xFF {
        for b in stride(from: 0, through: 0xFF, by: 1) {
            for tail: [UInt8] in [[], [0x80], [0x80, 0x80]] {
                let bytes = [UInt8(a), UInt8(b)] + tail
                #expect((first(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            }
        }
    }
}
