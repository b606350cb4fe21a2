// digest_test: hashes of RFC 7616 section 3.9, RFC 4231 for the keyed hash, and comparison.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <viaduct/digest.hpp>

using namespace viaduct;

TEST_CASE("the response of RFC 7616 section 3.9.1 comes out for MD5 and SHA-256") {
    constexpr std::string_view kNonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    constexpr std::string_view kCnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    const auto response = [&](DigestAlgorithm algorithm) {
        const auto ha1 = digest_ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
        const auto ha2 = digest_ha2(algorithm, "GET", "/dir/index.html");
        return digest_response(algorithm, ha1, kNonce, "00000001", kCnonce, ha2).text();
    };
    CHECK(response(DigestAlgorithm::md5) == "8ca523f5e9506fed4657c9700eebdbec");
    CHECK(response(DigestAlgorithm::sha256) == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("SHA-512-256 is SHA-512/256, not a SHA-512 cut short (FIPS 180-4)") {
    CHECK(digest_hex(DigestAlgorithm::sha512_256, {"abc"}).text() ==
          "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST_CASE("pieces hash as one text") {
    for (auto algorithm : {DigestAlgorithm::md5, DigestAlgorithm::sha256, DigestAlgorithm::sha512_256}) {
        CHECK(digest_hex(algorithm, {"al", "", "ice"}).view() == digest_hex(algorithm, {"alice"}).view());
        CHECK(digest_raw(algorithm, {"alice"}).size == digest_size(algorithm));
    }
}

TEST_CASE("the keyed hash is HMAC-SHA-256 (RFC 4231 test cases 2 and 6)") {
    CHECK(HexDigest{MacKey{"Jefe"}.mac({"what do ya want ", "for nothing?"})}.text() ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(HexDigest{MacKey{std::string(131, '\xaa')}.mac({"Test Using Larger Than Block-Size Key - Hash Key First"})}
              .text() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("algorithm names are read in any case; session variants are not offered") {
    CHECK(digest_algorithm_from_text("md5") == DigestAlgorithm::md5);
    CHECK(digest_algorithm_from_text("Sha-256") == DigestAlgorithm::sha256);
    CHECK(digest_algorithm_from_text("SHA-512-256") == DigestAlgorithm::sha512_256);
    CHECK_FALSE(digest_algorithm_from_text("MD5-sess"));
    CHECK_FALSE(digest_algorithm_from_text(""));
}

TEST_CASE("a stored hash is read only when it is a whole one") {
    const auto hex = digest_hex(DigestAlgorithm::md5, {"alice"}).text();
    auto raw = digest_from_hex(DigestAlgorithm::md5, hex);
    REQUIRE(raw);
    CHECK(HexDigest{*raw}.text() == hex);
    CHECK(digest_from_hex(DigestAlgorithm::md5, "ABCDEFABCDEFABCDEFABCDEFABCDEF00"));
    CHECK_FALSE(digest_from_hex(DigestAlgorithm::sha256, hex));
    CHECK_FALSE(digest_from_hex(DigestAlgorithm::md5, ""));
    CHECK_FALSE(digest_from_hex(DigestAlgorithm::md5, hex.substr(1) + "g"));
}

TEST_CASE("comparison tells equal from unequal") {
    CHECK(constant_time_equal("", ""));
    CHECK(constant_time_equal("abc", "abc"));
    CHECK_FALSE(constant_time_equal("abc", "abd"));
    CHECK_FALSE(constant_time_equal("abc", "ab"));
}

TEST_CASE("random texts differ and have the length asked for") {
    std::set<std::string> seen;
    for (int i = 0; i < 64; ++i) seen.insert(random_hex(8));
    CHECK(seen.size() == 64);
    CHECK(seen.begin()->size() == 16);
    CHECK(random_u64() != random_u64());
}

TEST_CASE("threads hash independently of one another") {
    const auto expected = digest_hex(DigestAlgorithm::sha256, {"bob"}).text();
    std::array<int, 4> right{};
    {
        std::vector<std::jthread> threads;
        for (int& mine : right) {
            threads.emplace_back([&mine, &expected] {
                for (int i = 0; i < 500; ++i)
                    mine += digest_hex(DigestAlgorithm::sha256, {"b", "ob"}).view() == expected;
            });
        }
    }
    CHECK(right == std::array<int, 4>{500, 500, 500, 500});
}
