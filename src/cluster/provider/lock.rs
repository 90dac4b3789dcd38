use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tracing::info;

use super::ProviderError;
use super::blocking::on_a_thread;

/// A lock on a file, held until it is dropped or its process ends, whatever ends it.
#[derive(Debug)]
pub(super) struct FileLock {
    file: File,
    path: PathBuf,
    /// Whether somebody else had it, and was waited for.
    pub(super) waited: bool,
}

impl FileLock {
    /// Takes the lock, and says so first when somebody else has it.
    pub(super) async fn acquire(path: &Path, what: &str) -> Result<Self, ProviderError> {
        let fail = |source| ProviderError::State {
            action: "locking",
            path: path.to_owned(),
            source,
        };
        let mut waited = false;
        loop {
            let mut file = open(path).map_err(fail)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::Error(source)) => return Err(fail(source)),
                Err(TryLockError::WouldBlock) => {
                    info!("waiting for another process that is at work on {what}");
                    file = wait(file).await.map_err(fail)?;
                    waited = true;
                }
            }
            if is_still_at(&file, path) {
                return Ok(Self {
                    file,
                    path: path.to_owned(),
                    waited,
                });
            }
        }
    }

    /// Takes the lock if nobody has it.
    pub(super) fn try_acquire(path: &Path) -> Result<Option<Self>, ProviderError> {
        Self::try_with(path, File::try_lock)
    }

    fn try_with(
        path: &Path,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Option<Self>, ProviderError> {
        let fail = |source| ProviderError::State {
            action: "locking",
            path: path.to_owned(),
            source,
        };
        let file = open(path).map_err(fail)?;
        match lock(&file) {
            Ok(()) if is_still_at(&file, path) => Ok(Some(Self {
                file,
                path: path.to_owned(),
                waited: false,
            })),
            // Whoever has just removed it was at work there until now.
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(fail(source)),
        }
    }

    /// Takes a lock that others may share, if nobody has it alone.
    pub(super) fn try_share(path: &Path) -> Result<Option<Self>, ProviderError> {
        Self::try_with(path, File::try_lock_shared)
    }

    /// Takes a lock that others may share, unless somebody has it alone.
    pub(super) async fn share(path: &Path) -> Result<Self, ProviderError> {
        let fail = |source| ProviderError::State {
            action: "locking",
            path: path.to_owned(),
            source,
        };
        let mut file = open(path).map_err(fail)?;
        let waited = match file.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::Error(source)) => return Err(fail(source)),
            Err(TryLockError::WouldBlock) => {
                let shared = on_a_thread(move || file.lock_shared().map(|()| file));
                file = shared.await.map_err(fail)?;
                true
            }
        };
        Ok(Self {
            file,
            path: path.to_owned(),
            waited,
        })
    }

    /// Removes the file with the lock. Whoever waits for it finds that out and makes a new one.
    pub(super) fn remove(self) -> Result<(), ProviderError> {
        let removed = fs::remove_file(&self.path);
        drop(self.file);
        removed.map_err(|source| ProviderError::State {
            action: "removing",
            path: self.path,
            source,
        })
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// When the waiter gives up, the lock is given back as soon as it is had.
async fn wait(file: File) -> io::Result<File> {
    on_a_thread(move || file.lock().map(|()| file)).await
}

/// Whether the path still leads to the locked file: its last owner may have removed it.
fn is_still_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_and_outlives_the_removal_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let first = FileLock::acquire(&path, "a").await.unwrap();
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        let waiting = tokio::spawn({
            let path = path.clone();
            async move { FileLock::acquire(&path, "a").await.unwrap() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        first.remove().unwrap();
        let second = waiting.await.unwrap();
        assert!(is_still_at(&second.file, &path));
        second.remove().unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_waiter_that_gives_up_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let first = FileLock::acquire(&path, "a").await.unwrap();
        let waiting = tokio::spawn({
            let path = path.clone();
            async move { FileLock::acquire(&path, "a").await.map(drop) }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        drop(first);
        FileLock::acquire(&path, "a").await.unwrap();
    }

    #[tokio::test]
    async fn shared_locks_keep_the_exclusive_one_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let one = FileLock::share(&path).await.unwrap();
        let two = FileLock::share(&path).await.unwrap();
        drop(one);
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        assert!(FileLock::try_share(&path).unwrap().is_some());
        drop(two);
        // Waited for: a process that another test is just starting has the file open, too, until its `exec`.
        FileLock::acquire(&path, "a").await.unwrap();
    }
}
