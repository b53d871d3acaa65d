//! Paths that lead out of the allowed folders, links, swaps between look and opening, and contents that are not
//! what they are said to be.

use std::fs;
use std::path::{Path, PathBuf};

use super::{LARGEST, place, read_xml, write_new};

/// Two folders side by side, of which a test allows what it likes; removed when dropped.
struct Folders {
    base: PathBuf,
    allowed: PathBuf,
    other: PathBuf,
}

impl Folders {
    fn new() -> Self {
        let base = std::env::temp_dir().join(format!("lumabill-files-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&base).unwrap();
        let base = fs::canonicalize(base).unwrap();
        let (allowed, other) = (base.join("allowed"), base.join("other"));
        fs::create_dir_all(allowed.join("sub")).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(allowed.join("a.xml"), "<Document/>").unwrap();
        fs::write(allowed.join("sub/s.xml"), "\u{feff}\n<Document/>").unwrap();
        fs::write(other.join("b.xml"), "<secret/>").unwrap();
        Self { base, allowed, other }
    }

    fn only(&self) -> [PathBuf; 1] {
        [self.allowed.clone()]
    }

    #[track_caller]
    fn refuses(&self, path: &Path, why: &str) {
        let failure = read_xml(path, &self.only()).unwrap_err();
        assert_eq!(failure.code, "file_refused");
        assert!(failure.message.contains(why), "{path:?}: {}", failure.message);
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.base));
    }
}

#[test]
fn files_in_allowed_folders_are_read_and_others_are_not() {
    let at = Folders::new();
    assert_eq!(read_xml(&at.allowed.join("a.xml"), &at.only()).unwrap(), "<Document/>");
    assert!(read_xml(&at.allowed.join("sub/../sub/s.xml"), &at.only()).is_ok());
    at.refuses(&at.other.join("b.xml"), "not in a folder that the person allowed");
    at.refuses(&at.allowed.join("../other/b.xml"), "not in a folder that the person allowed");
    at.refuses(&at.base.join("allowed.xml"), "not in a folder that the person allowed");
    at.refuses(&at.allowed.join("none.xml"), "no such file");
    at.refuses(&at.allowed.join("a.xml/x.xml"), "no folder");
    at.refuses(&at.allowed.join("sub"), "no plain file");
    at.refuses(&at.allowed, "not in a folder");
    at.refuses(&at.allowed.join(".."), "names no file");
    let none = read_xml(&at.allowed.join("a.xml"), &[]).unwrap_err();
    assert!(none.hint.unwrap().contains("lumabill config files"));
}

#[test]
fn a_bare_name_is_taken_from_the_only_folder_and_from_no_other() {
    let at = Folders::new();
    assert_eq!(read_xml(Path::new("a.xml"), &at.only()).unwrap(), "<Document/>");
    assert!(read_xml(Path::new("sub/s.xml"), &at.only()).is_ok());
    at.refuses(Path::new("../other/b.xml"), "not in a folder that the person allowed");
    let two = [at.allowed.clone(), at.other.clone()];
    let failure = read_xml(Path::new("a.xml"), &two).unwrap_err();
    let hint = failure.hint.unwrap();
    assert!(two.iter().all(|folder| hint.contains(folder.to_str().unwrap())), "{hint}");
    assert!(read_xml(&at.other.join("b.xml"), &two).is_ok());
    let path = write_new(Path::new("new.csv"), b"a;b\n", &at.only()).unwrap();
    assert_eq!(path, at.allowed.join("new.csv").to_str().unwrap());
}

#[test]
fn only_xml_in_utf8_of_at_most_20_mb_is_read() {
    let at = Folders::new();
    fs::write(at.allowed.join("a.txt"), "secret").unwrap();
    fs::write(at.allowed.join("latin.xml"), b"<Nm>M\xfcller</Nm>").unwrap();
    at.refuses(Path::new("a.txt"), "holds no XML");
    at.refuses(Path::new("latin.xml"), "no text in UTF-8");
    let mut large = vec![b' '; usize::try_from(LARGEST).unwrap()];
    large[0] = b'<';
    fs::write(at.allowed.join("large.xml"), &large).unwrap();
    assert!(read_xml(Path::new("large.xml"), &at.only()).is_ok());
    large.push(b' ');
    fs::write(at.allowed.join("large.xml"), &large).unwrap();
    at.refuses(Path::new("large.xml"), "larger than 20 MB");
}

#[test]
fn a_new_file_is_written_and_an_existing_one_never() {
    let at = Folders::new();
    let new = at.allowed.join("sub/new.csv");
    assert_eq!(write_new(&new, b"one", &at.only()).unwrap(), new.to_str().unwrap());
    let again = write_new(&new, b"two", &at.only()).unwrap_err();
    assert!(again.message.contains("has that name already"), "{}", again.message);
    assert_eq!(fs::read(&new).unwrap(), b"one");
    for outside in [at.other.join("x.csv"), at.allowed.join("../other/x.csv"), at.allowed.join("no/x.csv")] {
        assert_eq!(write_new(&outside, b"x", &at.only()).unwrap_err().code, "file_refused");
    }
    assert_eq!(fs::read_dir(&at.other).unwrap().count(), 1);
}

#[cfg(unix)]
mod links {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{Folders, place, read_xml, write_new};

    #[test]
    fn links_lead_nowhere() {
        let at = Folders::new();
        symlink(at.other.join("b.xml"), at.allowed.join("out.xml")).unwrap();
        symlink(at.allowed.join("a.xml"), at.allowed.join("in.xml")).unwrap();
        symlink(&at.other, at.allowed.join("door")).unwrap();
        at.refuses(Path::new("out.xml"), "link");
        at.refuses(Path::new("in.xml"), "link");
        at.refuses(Path::new("door/b.xml"), "not in a folder that the person allowed");
        assert!(write_new(Path::new("door/x.csv"), b"x", &at.only()).is_err());
        symlink(at.other.join("made.csv"), at.allowed.join("dangling.csv")).unwrap();
        assert!(write_new(Path::new("dangling.csv"), b"x", &at.only()).is_err());
        assert!(!at.other.join("made.csv").exists());
    }

    /// The way that an attacker goes who may write into the folder: what was looked at is swapped for a link
    /// before it is opened.
    #[test]
    fn what_is_swapped_after_the_look_is_not_opened() {
        let at = Folders::new();
        let file = place(Path::new("a.xml"), &at.only()).ok().unwrap();
        let below = place(Path::new("sub/b.xml"), &at.only()).ok().unwrap();
        let whole = place(Path::new("b.xml"), &at.only()).ok().unwrap();
        fs::remove_file(at.allowed.join("a.xml")).unwrap();
        symlink(at.other.join("b.xml"), at.allowed.join("a.xml")).unwrap();
        assert!(file.open().is_err() && file.create().is_err());
        fs::rename(at.allowed.join("sub"), at.allowed.join("gone")).unwrap();
        symlink(&at.other, at.allowed.join("sub")).unwrap();
        assert!(below.open().is_err() && below.create().is_err() && below.remove().is_err());
        fs::rename(&at.allowed, at.base.join("moved")).unwrap();
        symlink(&at.other, &at.allowed).unwrap();
        assert!(whole.open().is_err() && whole.create().is_err());
        assert_eq!(fs::read_to_string(at.other.join("b.xml")).unwrap(), "<secret/>");
    }

    /// Ends the other thread, also where the test fails: the scope waits for it.
    struct End<'a>(&'a AtomicBool);

    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// The same against the clock: another thread swaps as fast as it can.
    #[test]
    fn a_folder_that_is_swapped_all_the_time_gives_nothing_away() {
        let at = Folders::new();
        fs::write(at.allowed.join("sub/b.xml"), "<Document/>").unwrap();
        symlink(&at.other, at.allowed.join("door")).unwrap();
        let (sub, door, kept) = (at.allowed.join("sub"), at.allowed.join("door"), at.allowed.join("kept"));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    fs::rename(&sub, &kept).unwrap();
                    fs::rename(&door, &sub).unwrap();
                    fs::rename(&sub, &door).unwrap();
                    fs::rename(&kept, &sub).unwrap();
                }
            });
            let _end = End(&over);
            let mut read = 0_u32;
            for turn in 0..3_000 {
                if let Ok(text) = read_xml(Path::new("sub/b.xml"), &at.only()) {
                    assert_eq!(text, "<Document/>");
                    read += 1;
                }
                let name = format!("sub/{turn}.csv");
                drop(write_new(Path::new(&name), b"x", &at.only()));
            }
            assert!(read > 0, "the file was never there");
        });
        assert_eq!(fs::read_dir(&at.other).unwrap().count(), 1, "something was written outside");
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let at = Folders::new();
        let pipe = at.allowed.join("pipe.xml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        at.refuses(&pipe, "no plain file");
    }
}
