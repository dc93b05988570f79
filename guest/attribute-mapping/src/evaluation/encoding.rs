//! Texts as the codes of their bytes.

/// Base64 (RFC 4648 section 4) of the UTF-16LE bytes.
pub fn base64_utf16(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |position: usize| u32::from(chunk.get(position).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let index = (bits >> (18 - 6 * position) & 63) as usize;
            let letter = LETTERS.get(index).copied().unwrap_or(b'=');
            out.push(if position <= chunk.len() { letter.into() } else { '=' });
        }
    }
    out
}

/// The UTF-8 bytes in upper-case hexadecimal.
pub fn hexadecimal(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
