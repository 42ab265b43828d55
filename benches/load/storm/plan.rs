//! What is to become of an exchange. Both ends know, because its URL says so.

use std::time::Duration;

/// One exchange as it is meant to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub number: u64,
    /// Bytes of the request's body.
    pub upload: u64,
    /// Bytes of the response's body.
    pub download: u64,
    /// Whether bodies are text, which is recorded, or anything else.
    pub text: bool,
    /// Whether bodies come in chunks.
    pub chunked: bool,
    /// Whether the service answers before it has the whole request.
    pub early: bool,
    pub caller: Pace,
    pub service: Pace,
    pub fate: Fate,
}

/// How fast an end reads and writes bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    Quick,
    /// A little at a time.
    Slow,
    /// Nothing for a while, then all.
    Late,
}

/// Who ends the exchange, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Completes,
    CallerLeaves(Place, How),
    ServiceLeaves(Place, How),
}

/// Where an end leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    BeforeHead,
    InHead,
    InRequest,
    Waiting,
    InResponseHead,
    InResponse,
}

/// How an end leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As if it had said all.
    Close,
    /// As if it had broken down.
    Reset,
}

pub const FATES: [Fate; 21] = {
    use Fate::{CallerLeaves as Caller, Completes, ServiceLeaves as Service};
    use How::{Close, Reset};
    use Place::{BeforeHead, InHead, InRequest, InResponse, InResponseHead, Waiting};
    [
        Completes,
        Caller(BeforeHead, Close),
        Caller(BeforeHead, Reset),
        Caller(InHead, Close),
        Caller(InHead, Reset),
        Caller(InRequest, Close),
        Caller(InRequest, Reset),
        Caller(Waiting, Close),
        Caller(Waiting, Reset),
        Caller(InResponse, Close),
        Caller(InResponse, Reset),
        Service(BeforeHead, Close),
        Service(BeforeHead, Reset),
        Service(InRequest, Close),
        Service(InRequest, Reset),
        Service(Waiting, Close),
        Service(Waiting, Reset),
        Service(InResponseHead, Close),
        Service(InResponseHead, Reset),
        Service(InResponse, Close),
        Service(InResponse, Reset),
    ]
};

/// How much a quick end moves at a time.
const PORTION: usize = 64 * 1024;

impl Pace {
    const ALL: [Self; 3] = [Self::Quick, Self::Slow, Self::Late];

    /// How much is moved at a time, and how long the end rests after that.
    pub fn portion(self) -> (usize, Duration) {
        match self {
            Self::Slow => (4096, Duration::from_millis(5)),
            Self::Quick | Self::Late => (PORTION, Duration::ZERO),
        }
    }

    /// How long nothing is moved at first.
    pub fn delay(self) -> Duration {
        if self == Self::Late { Duration::from_secs(1) } else { Duration::ZERO }
    }
}

/// Numbers that look random and are the same each time.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to one less than this.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// How often in a hundred.
    fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Plan {
    /// Any exchange: mostly small ones that complete, and some of each other kind.
    pub fn any(number: u64, dice: &mut Dice) -> Self {
        let mut plan = Self {
            number,
            upload: 0,
            download: dice.below(8192),
            text: dice.happens(50),
            chunked: dice.happens(30),
            early: false,
            caller: Pace::Quick,
            service: Pace::Quick,
            fate: Fate::Completes,
        };
        if dice.happens(40) {
            plan.upload = 1 + dice.below(64 * 1024);
        }
        match dice.below(10) {
            0 | 1 => {
                plan.fate = FATES[1 + dice.below(FATES.len() as u64 - 1) as usize];
                // Who leaves in the middle of a body needs a middle.
                (plan.upload, plan.download) = (200_000, 200_000);
            }
            2 => {
                let paces = &Pace::ALL[1..];
                plan.caller = paces[dice.below(2) as usize];
                (plan.upload, plan.download) = (dice.below(200_000), dice.below(200_000));
                if dice.happens(50) {
                    std::mem::swap(&mut plan.caller, &mut plan.service);
                }
            }
            3 => {
                (plan.upload, plan.download) = (dice.below(2_000_000), dice.below(2_000_000));
                plan.early = dice.happens(50);
            }
            _ => {}
        }
        plan
    }

    /// A large body each way, one after the other or both at once.
    pub fn large(number: u64, length: u64, turn: u64) -> Self {
        Self {
            number,
            upload: length,
            download: length,
            text: false,
            chunked: turn & 1 == 1,
            early: turn & 2 == 2,
            caller: Pace::Quick,
            service: Pace::Quick,
            fate: Fate::Completes,
        }
    }

    /// The path of its URL.
    pub fn path(&self) -> String {
        let pace = |pace| Pace::ALL.iter().position(|one| *one == pace).unwrap_or(0);
        let fate = FATES.iter().position(|one| *one == self.fate).unwrap_or(0);
        let flags = u8::from(self.text) | u8::from(self.chunked) << 1 | u8::from(self.early) << 2;
        let (caller, service) = (pace(self.caller), pace(self.service));
        let Self { number, upload, download, .. } = self;
        format!("/load/{number}/{upload}/{download}/{flags}/{caller}/{service}/{fate}")
    }

    /// The plan that a path tells.
    pub fn read(path: &str) -> Option<Self> {
        let numbers = path.strip_prefix("/load/")?.split('/').map(str::parse::<u64>);
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>().ok()?;
        let [number, upload, download, flags, caller, service, fate] = numbers[..] else {
            return None;
        };
        Some(Self {
            number,
            upload,
            download,
            text: flags & 1 != 0,
            chunked: flags & 2 != 0,
            early: flags & 4 != 0,
            caller: *Pace::ALL.get(caller as usize)?,
            service: *Pace::ALL.get(service as usize)?,
            fate: *FATES.get(fate as usize)?,
        })
    }
}
