//! What users gave, as error texts show it.

/// Bytes from a user as they are shown in an error text: UTF-8 where they are, control characters
/// and line ends escaped, at most 128 characters.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .flat_map(|c| {
            let escape = c.is_control();
            escape
                .then(|| c.escape_default())
                .into_iter()
                .flatten()
                .chain((!escape).then_some(c))
        })
        .take(128)
        .collect()
}
