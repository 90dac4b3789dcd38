use crate::history::ObjectState;
use crate::manifest::Secrets;

/// Masks the set's secrets in what the cluster says in its own words: a hook's command, a probe's output, a
/// container's last message.
pub fn discreet(state: &mut ObjectState, secrets: &Secrets) {
    let mut mask = |text: &mut String| *text = secrets.mask(text);
    match state {
        ObjectState::Pod(pod) => {
            pod.unschedulable.as_mut().map(&mut mask);
            for container in &mut pod.containers {
                container.waiting.as_mut().map(&mut mask);
                container.terminated.as_mut().map(&mut mask);
            }
        }
        ObjectState::Event(event) => mask(&mut event.message),
        _ => {}
    }
}
