//! A client that does nothing but write commands that were encoded before and count replies, so that the
//! server is what is measured.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a server.
pub struct Link {
    socket: UnixStream,
    /// What was received; the replies of before `read` are done with.
    buffer: Vec<u8>,
    read: usize,
}

/// Appends a command as servers read it.
pub fn encode<A: AsRef<[u8]>>(commands: &mut Vec<u8>, words: impl IntoIterator<Item = A>) {
    let mut body = Vec::new();
    let mut count = 0;
    for word in words {
        let word = word.as_ref();
        count += 1;
        body.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        body.extend_from_slice(word);
        body.extend_from_slice(b"\r\n");
    }
    commands.extend_from_slice(format!("*{count}\r\n").as_bytes());
    commands.append(&mut body);
}

/// One command.
#[must_use]
pub fn command<A: AsRef<[u8]>>(words: impl IntoIterator<Item = A>) -> Vec<u8> {
    let mut commands = Vec::new();
    encode(&mut commands, words);
    commands
}

impl Link {
    /// Connects to a server's socket.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            buffer: Vec::new(),
            read: 0,
        })
    }

    /// Sends commands.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn send(&mut self, commands: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(commands)
    }

    /// Waits for so many replies.
    ///
    /// # Errors
    /// When the connection is gone, or a reply is an error.
    pub fn receive(&mut self, replies: usize) -> Result<(), Box<dyn Error>> {
        for _ in 0..replies {
            self.reply()?;
        }
        Ok(())
    }

    /// Sends commands and waits for their replies.
    ///
    /// # Errors
    /// As of `send` and `receive`.
    pub fn call(&mut self, commands: &[u8], replies: usize) -> Result<(), Box<dyn Error>> {
        self.send(commands)?;
        self.receive(replies)
    }

    /// The next reply as it was sent.
    ///
    /// # Errors
    /// When the connection is gone, or the reply is an error.
    pub fn reply(&mut self) -> Result<&[u8], Box<dyn Error>> {
        if self.read == self.buffer.len() {
            self.buffer.clear();
            self.read = 0;
        }
        let end = loop {
            if let Some(end) = end_of(&self.buffer, self.read) {
                break end;
            }
            self.fill()?;
        };
        let reply = &self.buffer[self.read..end];
        self.read = end;
        if reply.first() == Some(&b'-') {
            let text = String::from_utf8_lossy(reply);
            return Err(format!("the server answered {}", text.trim_end()).into());
        }
        Ok(reply)
    }

    fn fill(&mut self) -> Result<(), Box<dyn Error>> {
        let held = self.buffer.len();
        self.buffer.resize(held + (1 << 16), 0);
        let got = loop {
            match self.socket.read(&mut self.buffer[held..]) {
                // This process was stopped and goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                got => break got,
            }
        };
        self.buffer.truncate(held + *got.as_ref().unwrap_or(&0));
        if got? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

/// Where the reply ends that begins at `start`; none if not all of it is there.
fn end_of(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let line = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let after = start + line + 2;
    let number = || -> Option<i64> { std::str::from_utf8(rest.get(1..line)?).ok()?.parse().ok() };
    match rest.first()? {
        b'$' => match usize::try_from(number()?) {
            Ok(length) => Some(after + length + 2).filter(|end| *end <= bytes.len()),
            Err(_) => Some(after),
        },
        b'*' => {
            let mut end = after;
            for _ in 0..number()?.max(0) {
                end = end_of(bytes, end)?;
            }
            Some(end)
        }
        _ => Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_where_all_of_it_has_come() {
        let replies: [&[u8]; 7] = [
            b"+OK\r\n",
            b":12\r\n",
            b"$5\r\nab\r\nc\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"*3\r\n:1\r\n*1\r\n$1\r\na\r\n$0\r\n\r\n",
            b"-ERR no\r\n",
        ];
        for reply in replies {
            let mut bytes = b"+before\r\n".to_vec();
            let start = bytes.len();
            for (count, byte) in reply.iter().enumerate() {
                assert_eq!(end_of(&bytes, start), None, "{count} bytes of {reply:?}");
                bytes.push(*byte);
            }
            bytes.extend_from_slice(b"+after\r\n");
            assert_eq!(end_of(&bytes, start), Some(start + reply.len()));
        }
    }

    #[test]
    fn a_command_says_how_long_its_words_are() {
        assert_eq!(command(["GET", "a b"]), b"*2\r\n$3\r\nGET\r\n$3\r\na b\r\n");
    }
}
