//! What a cloud may do from one release to the next.

use doctool::model::{Body, Header, Message, Recording, Run};

use super::random::Random;

/// The run with so many changes.
pub(crate) fn changed(run: &Run, changes: usize, random: &mut Random) -> Run {
    let mut run = run.clone();
    for _ in 0..changes {
        let recording = &mut run.recording;
        match random.below(7) {
            0 => insert(recording, random),
            1 => remove(recording, random),
            2 => swap(recording, random),
            3 => header(recording, random),
            4 => rename(recording, random),
            5 => status(recording, random),
            _ => element(recording, random),
        }
    }
    run
}

/// One more exchange somewhere.
fn insert(recording: &mut Recording, random: &mut Random) {
    let mut exchange = random.pick(&recording.exchanges).clone();
    exchange.request.url = "http://127.0.0.1:5000/new/extension".to_owned();
    if let Some(response) = &mut exchange.response {
        response.url = exchange.request.url.clone();
    }
    let at = random.below(recording.messages.len() + 1);
    let before = &recording.messages[..at];
    let index = before.iter().filter(|message| matches!(message, Message::Request(_))).count();
    for message in &mut recording.messages {
        let (Message::Request(other) | Message::Response(other)) = message;
        if *other >= index {
            *other += 1;
        }
    }
    let mut new = vec![Message::Request(index)];
    new.extend(exchange.response.as_ref().map(|_| Message::Response(index)));
    recording.messages.splice(at..at, new);
    recording.exchanges.insert(index, exchange);
}

fn remove(recording: &mut Recording, random: &mut Random) {
    if recording.exchanges.len() < 2 {
        return;
    }
    let gone = random.below(recording.exchanges.len());
    recording.exchanges.remove(gone);
    recording.messages.retain(|message| {
        let (Message::Request(index) | Message::Response(index)) = message;
        *index != gone
    });
    for message in &mut recording.messages {
        let (Message::Request(index) | Message::Response(index)) = message;
        if *index > gone {
            *index -= 1;
        }
    }
}

/// Two exchanges that follow one another, each without others in it, change places.
fn swap(recording: &mut Recording, random: &mut Random) {
    let pairs: Vec<usize> = (0..recording.messages.len().saturating_sub(3))
        .filter(|&start| {
            matches!(
                recording.messages[start..start + 4],
                [Message::Request(a), Message::Response(b), Message::Request(c), Message::Response(d)]
                    if a == b && c == d && c == a + 1
            )
        })
        .collect();
    if pairs.is_empty() {
        return;
    }
    let start = *random.pick(&pairs);
    let Message::Request(first) = recording.messages[start] else { return };
    recording.exchanges.swap(first, first + 1);
}

fn header(recording: &mut Recording, random: &mut Random) {
    let index = random.below(recording.exchanges.len());
    let exchange = &mut recording.exchanges[index];
    let headers = match &mut exchange.response {
        Some(response) if random.chance(2) => &mut response.headers,
        _ => &mut exchange.request.headers,
    };
    let header = Header { name: "X-New".to_owned(), value: "new".to_owned() };
    let at = random.below(headers.len() + 1);
    headers.insert(at, header);
    if random.chance(3) {
        let gone = random.below(headers.len());
        headers.remove(gone);
    }
}

fn bodies(recording: &mut Recording) -> Vec<&mut String> {
    let mut bodies = Vec::new();
    for exchange in &mut recording.exchanges {
        let all = [
            Some(&mut exchange.request.body),
            exchange.response.as_mut().map(|response| &mut response.body),
        ];
        for body in all.into_iter().flatten() {
            if let Body::Text(text) = body {
                bodies.push(text);
            }
        }
    }
    bodies
}

/// A field of some body gets another name.
fn rename(recording: &mut Recording, random: &mut Random) {
    let mut bodies = bodies(recording);
    if bodies.is_empty() {
        return;
    }
    let at = random.below(bodies.len());
    let name = *random.pick(&["\"id\":", "\"name\":", "\"links\":", "\"status\":"]);
    *bodies[at] = bodies[at].replacen(name, "\"renamed\":", 1);
}

fn status(recording: &mut Recording, random: &mut Random) {
    let at = random.below(recording.exchanges.len());
    if let Some(response) = &mut recording.exchanges[at].response {
        response.status = "202 Accepted".to_owned();
    }
}

/// One more thing in a list.
fn element(recording: &mut Recording, random: &mut Random) {
    let mut bodies = bodies(recording);
    if bodies.is_empty() {
        return;
    }
    let at = random.below(bodies.len());
    *bodies[at] = bodies[at].replacen(
        "[\n",
        "[\n{\"id\": \"0badc0de-0000-4000-8000-00000000beef\", \"name\": \"new\"},\n",
        1,
    );
}
