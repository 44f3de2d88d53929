//! SHA-1, SHA-256, and the HMAC of RFC 2104 over either.
//!
//! The crates `sha1` and `sha2` hash blocks. Padding and HMAC are the same for both hashes, and are here, once. The
//! generic ones of the crates `digest` and `hmac` are compiled again for each hash: 850 bytes of `ask.wasm` (gzip -9).

/// The length of a block of both hashes.
const BLOCK: usize = 64;

/// The hash of the parts as one text.
pub(super) type Hash = fn(&[&[u8]]) -> Vec<u8>;

pub(super) fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    sha1::block_api::compress(&mut state, padded(parts).as_chunks().0);
    bytes(&state)
}

pub(super) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut state =
        [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];
    sha2::block_api::compress256(&mut state, padded(parts).as_chunks().0);
    bytes(&state)
}

/// The padding of FIPS 180-4: a bit, zeros, and the number of bits, up to the end of a block.
fn padded(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = parts.concat();
    let bits = text.len() as u64 * 8;
    text.push(0x80);
    text.resize((text.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    text.extend_from_slice(&bits.to_be_bytes());
    text
}

fn bytes(state: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(state.len() * 4);
    for word in state {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// The HMAC of a message. A key longer than a block is hashed.
pub(super) fn hmac(hash: Hash, key: &[u8], message: &[u8]) -> Vec<u8> {
    let hashed = if key.len() > BLOCK { hash(&[key]) } else { key.to_vec() };
    let key = |pad: u8| -> Vec<u8> {
        let mut block = vec![pad; BLOCK];
        for (byte, key) in block.iter_mut().zip(&hashed) {
            *byte ^= key;
        }
        block
    };
    let inner = hash(&[&key(0x36), message]);
    hash(&[&key(0x5C), &inner])
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflow_base::small::hex;

    /// The test vectors 2, 3, 6 and 7 of RFC 2202 (SHA-1) and of RFC 4231 (SHA-256): a short key, bytes that are no
    /// text, and keys longer than a block.
    #[test]
    fn hmac_of_the_published_vectors() {
        let (short, bytes) = (b"Jefe".as_slice(), [0xAA; 20]);
        let (question, fifty) = (b"what do ya want for nothing?".as_slice(), [0xDD; 50]);
        let (long, longer) = ([0xAA; 80], [0xAA; 131]);
        let larger_key = b"Test Using Larger Than Block-Size Key - Hash Key First".as_slice();
        let larger_data = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data".as_slice();
        let vectors: [(Hash, &[u8], &[u8], &str); 7] = [
            (sha1, short, question, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (sha1, &bytes, &fifty, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
            (sha1, &long, larger_key, "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
            (sha1, &long, larger_data, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"),
            (sha256, short, question, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (sha256, &bytes, &fifty, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (sha256, &longer, larger_key, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        ];
        for (hash, key, message, expected) in vectors {
            assert_eq!(hex(&hmac(hash, key, message)), expected);
        }
    }

    /// Texts of every length around one and two blocks, in two parts.
    #[test]
    fn hashes_agree_with_the_crates() {
        use sha1::Digest as _;
        for length in 0..=2 * BLOCK + 1 {
            let text = vec![b'x'; length];
            let (head, tail) = text.split_at(length / 3);
            assert_eq!(sha1(&[head, tail]), sha1::Sha1::digest(&text).to_vec(), "{length}");
            assert_eq!(sha256(&[head, tail]), sha2::Sha256::digest(&text).to_vec(), "{length}");
        }
    }

    /// Keys around the length of a block, which no vector has. The values are those of Python's `hmac`.
    #[test]
    fn hmac_of_keys_as_long_as_a_block() {
        let expected = [
            (
                63,
                "a8cae63adc54720b13f070ffcf7026137100b9b8",
                "e458f5dd7e8afee6b774e5d451ae43f4d268bf11646030143d0b0231dcb02383",
            ),
            (
                64,
                "d52b5b30393c20f423870bb6d0ad622b02848ca9",
                "3b7a8d453e76edb519238a515105a57508d0f169f480ebeee120a9e7803289fa",
            ),
            (
                65,
                "d7ab367121230c7e073a785f02c779c915e96d01",
                "c2d7d4c2256ddb097409ec0c67e1d58fa1a007fc6932cac0d892a525d08af7cc",
            ),
        ];
        for (length, with_sha1, with_sha256) in expected {
            let key = vec![b'k'; length];
            assert_eq!(hex(&hmac(sha1, &key, b"m")), with_sha1);
            assert_eq!(hex(&hmac(sha256, &key, b"m")), with_sha256);
        }
    }
}
