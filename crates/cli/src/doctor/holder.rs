//! Which process listens on a port, where the system tells.

/// Its name and its number: `jenny (process 4711)`. None where it is somebody else's, whose files
/// cannot be seen.
#[cfg(target_os = "linux")]
pub(super) fn of(port: u16) -> Option<String> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .find_map(|table| table.lines().find_map(|line| listening(line, port)))?;
    let link = format!("socket:[{socket}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes
        // Not /proc/self, which is another name of one of them.
        .filter(|process| process.file_name().as_encoded_bytes()[0].is_ascii_digit())
        .filter(|process| {
            let open = std::fs::read_dir(process.path().join("fd"));
            let mut open = open.into_iter().flatten().flatten();
            open.any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == *link))
        })
        .find_map(|process| {
            let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
            let number = process.file_name().into_string().ok()?;
            Some(format!("{} (process {number})", name.trim()))
        })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: u16) -> Option<String> {
    None
}

/// The inode of the socket that a line of proc_net_tcp(5) is about, if it listens on this port.
#[cfg(target_os = "linux")]
fn listening(line: &str, port: u16) -> Option<String> {
    /// TCP_LISTEN.
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..] else {
        return None;
    };
    let (_, hexadecimal) = local.rsplit_once(':')?;
    let found = u16::from_str_radix(hexadecimal, 16).ok()?;
    (found == port && state == LISTEN).then(|| inode.to_owned())
}
