//! An image out of the running executable and every shared library it has mapped, so that composeup
//! can run in a container without a registry.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// Where the libraries lie in the image.
const LIBRARIES: &str = "/lib/composeup";
/// Where the executable lies in the image.
const EXECUTABLE: &str = "/bin/composeup";

/// A root file system, and the words that start composeup in it.
#[derive(Debug, Clone)]
pub struct RootFileSystem {
    /// As a tar archive.
    pub tar: Vec<u8>,
    /// The command in front of composeup's own arguments.
    pub entrypoint: Vec<String>,
}

impl RootFileSystem {
    /// Packs the running executable.
    ///
    /// # Errors
    ///
    /// If `/proc` is not there, or one of the files cannot be read.
    pub fn of_this_process() -> io::Result<Self> {
        let libraries = mapped_libraries(
            &fs::read_to_string("/proc/self/maps")?,
            &fs::read_link("/proc/self/exe")?,
        );
        let mut tar = tar::Builder::new(Vec::new());
        add(&mut tar, EXECUTABLE, &fs::read("/proc/self/exe")?)?;
        for (name, path) in &libraries {
            add(&mut tar, &format!("{LIBRARIES}/{name}"), &fs::read(path)?)?;
        }
        Ok(Self { tar: tar.into_inner()?, entrypoint: entrypoint(&libraries) })
    }

    /// SHA-256 of all that is in it, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new_with_prefix(&self.tar);
        digest.update(self.entrypoint.join("\0"));
        hex(&digest.finalize())
    }

    /// The Dockerfile instruction `word`, with the command and `more` arguments as a list.
    #[must_use]
    pub fn instruction(&self, word: &str, more: &[&str]) -> String {
        let all = self.entrypoint.iter().map(String::as_str).chain(more.iter().copied());
        format!("{word} {}", serde_json::Value::from(all.collect::<Vec<_>>()))
    }
}

/// The loader is called by name, so that the image needs neither its usual path nor a cache of
/// libraries; an executable without libraries starts by itself.
fn entrypoint(libraries: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let loader = libraries.keys().find(|name| name.starts_with("ld-"));
    let through_loader = loader.into_iter().flat_map(|name| {
        [format!("{LIBRARIES}/{name}"), "--library-path".into(), LIBRARIES.into()]
    });
    through_loader.chain([EXECUTABLE.to_owned()]).collect()
}

/// Files that are mapped to run code from, but for the executable: path by file name.
/// Source of the format: proc(5).
fn mapped_libraries(maps: &str, executable: &Path) -> BTreeMap<String, PathBuf> {
    let code = maps.lines().filter(|line| {
        line.split_whitespace().nth(1).is_some_and(|permissions| permissions.contains('x'))
    });
    code.filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])))
        .filter(|path| path != executable)
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)))
        .collect()
}

fn add(tar: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, path.trim_start_matches('/'), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
5581e0a00000-5581e0a80000 r-xp 00000000 08:01 131  /usr/local/bin/composeup
7f1200000000-7f1200026000 r--p 00000000 08:01 202  /usr/lib/x86_64-linux-gnu/libc.so.6
7f1200026000-7f120017b000 r-xp 00026000 08:01 202  /usr/lib/x86_64-linux-gnu/libc.so.6
7f1200300000-7f1200301000 r--p 00000000 08:01 303  /usr/lib/locale/C.utf8/LC_CTYPE
7f1200400000-7f1200425000 r-xp 00001000 08:01 404  /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0    [vdso]";

    #[test]
    fn libraries_are_the_mapped_code_without_the_executable_itself() {
        let found = mapped_libraries(MAPS, Path::new("/usr/local/bin/composeup"));
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["ld-linux-x86-64.so.2", "libc.so.6"]);
        assert_eq!(
            entrypoint(&found),
            [
                "/lib/composeup/ld-linux-x86-64.so.2",
                "--library-path",
                "/lib/composeup",
                "/bin/composeup"
            ]
        );
    }

    #[test]
    fn a_static_executable_starts_by_itself() {
        assert_eq!(entrypoint(&BTreeMap::new()), ["/bin/composeup"]);
    }
}
