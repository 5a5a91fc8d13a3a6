//! What a command prints on standard output. Whoever reads it may stop reading, as `head` does: then the rest is dropped, and the command
//! still ends with the status of what it did.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Write};

/// Standard output, or a stand-in. Printing never fails by itself; [`Out::finish`] tells of it.
pub struct Out {
    to: BufWriter<Box<dyn Write>>,
    failed: Option<io::Error>,
}

impl Out {
    /// Prints to the process's standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(io::stdout()))
    }

    fn to(to: Box<dyn Write>) -> Self {
        Self { to: BufWriter::new(to), failed: None }
    }

    /// Prints one line; the newline is added.
    pub fn line(&mut self, text: fmt::Arguments<'_>) {
        self.attempt(|to| to.write_fmt(text).and_then(|()| to.write_all(b"\n")));
    }

    /// One line of bytes, there at once: for output that is followed live.
    pub fn live_line(&mut self, text: &[u8]) {
        self.attempt(|to| to.write_all(text).and_then(|()| to.write_all(b"\n")).and_then(|()| to.flush()));
    }

    /// Shows what was printed so far.
    pub fn flush(&mut self) {
        self.attempt(BufWriter::flush);
    }

    fn attempt(&mut self, print: impl FnOnce(&mut BufWriter<Box<dyn Write>>) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = print(&mut self.to).err();
        }
    }

    /// Whether nothing that is printed from now on arrives: long output may end early.
    pub fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    /// Shows the rest. A reader who has had enough is no error; a full disk is one.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush();
        match self.failed {
            Some(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(cause),
            _ => Ok(()),
        }
    }
}

/// A line on standard error. Without anybody who reads there, nobody is left to tell.
pub fn complain(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printing_to(kind: ErrorKind) -> (bool, io::Result<()>) {
        let mut out = Out::to(Box::new(Broken(kind)));
        out.line(format_args!("first"));
        out.flush();
        out.line(format_args!("second"));
        (out.is_closed(), out.finish())
    }

    #[test]
    fn a_reader_who_has_had_enough_is_no_error_and_a_full_disk_is_one() {
        assert!(matches!(printing_to(ErrorKind::BrokenPipe), (true, Ok(()))));
        assert!(matches!(printing_to(ErrorKind::StorageFull), (true, Err(_))));
    }
}
