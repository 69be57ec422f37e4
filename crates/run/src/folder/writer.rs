//! A thread that writes files, so that a training does not wait for the disk.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use crate::folder::error::FolderError;

/// How many tasks may wait; after that, adding one waits.
const WAITING: usize = 4;

type Task = Box<dyn FnOnce() -> Result<(), FolderError> + Send>;

/// Does tasks one after another, on the caller's thread if there is no other. After a task has failed, no further ones are
/// done.
pub(crate) struct Writer {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
    failure: Arc<Mutex<Option<FolderError>>>,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        let (tasks, waiting) = sync_channel::<Task>(WAITING);
        let failure = Arc::new(Mutex::new(None));
        let its_failure = Arc::clone(&failure);
        let work = move || {
            for task in waiting {
                if let Err(error) = task() {
                    *its_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        };
        match Builder::new().spawn(work) {
            Ok(thread) => Writer { tasks: Some(tasks), thread: Some(thread), failure },
            Err(_) => Writer { tasks: None, thread: None, failure },
        }
    }

    /// Hands a task to the thread.
    ///
    /// # Errors
    /// The error of an earlier task; without a thread, that of this one.
    pub(crate) fn write(
        &mut self,
        task: impl FnOnce() -> Result<(), FolderError> + Send + 'static,
    ) -> Result<(), FolderError> {
        let Some(tasks) = &self.tasks else { return task() };
        match tasks.send(Box::new(task)) {
            Ok(()) => Ok(()),
            // The thread has ended, because a task failed.
            Err(_) => self.finish(),
        }
    }

    /// Waits until all tasks are done.
    ///
    /// # Errors
    /// The error of the task that failed.
    pub(crate) fn finish(&mut self) -> Result<(), FolderError> {
        self.tasks = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

impl Drop for Writer {
    /// Tasks that were handed over are finished even if something else failed.
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
