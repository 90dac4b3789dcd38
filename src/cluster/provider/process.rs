use std::fs;
use std::io;
use std::process;

use serde::{Deserialize, Serialize};

/// A process, known by its ID and its start time: IDs are given out again, the pair is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its ID.
    pub pid: u32,
    /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`, see proc(5)); 0 where
    /// there is no `/proc`.
    pub started: u64,
}

impl Process {
    /// This process.
    #[must_use]
    pub fn current() -> Self {
        Self::of(process::id())
    }

    /// The process that has this ID now.
    pub(super) fn of(pid: u32) -> Self {
        Self {
            pid,
            started: stat(pid).map_or(0, |stat| stat.started),
        }
    }

    /// Whether it still runs. A zombie does not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.state != 'Z')
    }
}

/// Ends what a killed creation left running in its process group: processes of these programs.
///
/// A `docker run` is not killed but waited for: the engine finishes the creation of a container whose client is
/// gone, and the container would turn up after the clean-up looked. Everything else (`docker pull`,
/// `docker exec`) is killed.
///
/// # Errors
///
/// When a process cannot be killed or watched.
pub(super) async fn end_group(leader: Process, programs: &[&str]) -> io::Result<()> {
    loop {
        let members = group(leader, programs);
        for member in members.iter().filter(|member| !member.creates_container) {
            kill(member.process.pid)?;
        }
        if members.is_empty() {
            return Ok(());
        }
        for member in members {
            ended(member.process).await?;
        }
    }
}

struct Member {
    process: Process,
    creates_container: bool,
}

/// The living processes of the leader's group. The group's ID is the leader's, and like every ID it may have been given
/// out again: processes that are older than the leader, or of other programs, are none of ours.
fn group(leader: Process, programs: &[&str]) -> Vec<Member> {
    if stat(leader.pid).is_some_and(|now| now.started != leader.started) {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| {
            let stat = stat(pid)?;
            let ours = stat.group == leader.pid
                && stat.started >= leader.started
                && stat.state != 'Z'
                && programs.contains(&stat.command.as_str());
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let creates_container = arguments.split(|&byte| byte == 0).nth(1) == Some(b"run");
            let process = Process {
                pid,
                started: stat.started,
            };
            ours.then_some(Member {
                process,
                creates_container,
            })
        })
        .collect()
}

fn kill(pid: u32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    match pid.map_or(Ok(()), |pid| kill_process(pid, Signal::KILL)) {
        // It ended by itself in between.
        Err(rustix::io::Errno::SRCH) => Ok(()),
        other => Ok(other?),
    }
}

/// Waits until the process has ended: a pidfd becomes readable then.
#[cfg(target_os = "linux")]
async fn ended(process: Process) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    let fd = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(fd) => fd,
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    // The ID may have gone to another process before it was opened.
    if process.is_alive() {
        super::blocking::on_a_thread(move || {
            poll(&mut [PollFd::new(&fd, PollFlags::IN)], None)?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Without `/proc` no group is ever found, so there is nothing to wait for.
#[cfg(not(target_os = "linux"))]
async fn ended(_process: Process) -> io::Result<()> {
    Ok(())
}

struct Stat {
    command: String,
    state: char,
    group: u32,
    started: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `PID (COMMAND) STATE PPID PGRP … STARTTIME …`; the command may itself contain spaces and parentheses.
fn parse_stat(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let (_, command) = head.split_once('(')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    Some(Stat {
        command: command.to_owned(),
        state: fields.first()?.chars().next()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_past_a_command_with_parentheses() {
        let line = "42 (a) (b c) S 1 40 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2";
        let stat = parse_stat(line).unwrap();
        assert_eq!(
            (stat.command.as_str(), stat.state, stat.group, stat.started),
            ("a) (b c", 'S', 40, 12345)
        );
        assert!(parse_stat("42 (cut off) S 1").is_none());
    }

    #[test]
    fn this_process_lives_and_one_that_had_its_id_does_not() {
        let this = Process::current();
        assert!(this.is_alive());
        assert!(
            !Process {
                started: this.started + 1,
                ..this
            }
            .is_alive()
        );
    }

    #[tokio::test]
    async fn a_group_that_ended_is_not_waited_for() {
        let mut child = tokio::process::Command::new("true")
            .process_group(0)
            .spawn()
            .unwrap();
        let leader = Process::of(child.id().unwrap());
        child.wait().await.unwrap();
        end_group(leader, &[]).await.unwrap();
    }
}
