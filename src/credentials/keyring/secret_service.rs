//! The Secret Service of Linux and the BSDs (GNOME Keyring, `KWallet`, `KeePassXC`): our items found by the
//! attributes `service` and `username`, in whichever collection they are. A connection is made anew for each
//! call, so that a bus that came up later is seen, and closed with it. Blocks: called from threads of
//! [`super::Keyring`] only.

mod session;

use std::io;

use super::bus::wire::{Body, Message, Reader, Target};
use super::bus::{Bus, lost};
use super::{KeyringError, SERVICE};
use crate::credentials::Secret;
use session::{ALGORITHM, Cipher, Exchange};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";

const THE_SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Stands where there is no object.
const NOTHING: &str = "/";

/// The secret of `item`; asks the person to unlock it where it is locked.
pub(super) fn read(item: &str) -> Result<Option<Secret>, KeyringError> {
    let mut service = Service::connect()?;
    let found = service.found(&[("service", SERVICE), ("username", item)])?;
    service.unlock(&found.locked)?;
    match found.all().as_slice() {
        [] => Ok(None),
        [one] => service.secret(one).map(Some),
        _ => Err(KeyringError::Ambiguous(item.to_owned())),
    }
}

/// Reads without the prompt that [`read`] shows where the item is locked.
pub(super) fn read_quietly(item: &str) -> Result<Option<Secret>, KeyringError> {
    let mut service = Service::connect()?;
    let found = service.found(&[("service", SERVICE), ("username", item)])?;
    match (found.unlocked.as_slice(), found.locked.as_slice()) {
        ([], []) => Ok(None),
        ([], [_]) => Err(KeyringError::Locked),
        ([one], []) => service.secret(one).map(Some),
        _ => Err(KeyringError::Ambiguous(item.to_owned())),
    }
}

/// Whether new items can be stored; shows no prompt.
pub(super) fn look() -> Result<(), KeyringError> {
    let mut service = Service::connect()?;
    let collection = service.default_collection()?;
    if service.is_locked(&collection)? { Err(KeyringError::Locked) } else { Ok(()) }
}

/// Stores in the item that is there, or in a new one of the default collection.
pub(super) fn write(item: &str, secret: &Secret) -> Result<(), KeyringError> {
    let attributes = [("service", SERVICE), ("username", item)];
    let mut service = Service::connect()?;
    let found = service.found(&attributes)?;
    service.unlock(&found.locked)?;
    match found.all().as_slice() {
        [] => service.create(&format!("lumabill ({item})"), &attributes, secret),
        [one] => {
            let body = service.encrypted(Body::new("(oayays)"), secret)?;
            service.call(one, ITEM, "SetSecret", body).map(drop)
        }
        _ => Err(KeyringError::Ambiguous(item.to_owned())),
    }
}

/// All that carry our service and this user are ours; false where there was none.
pub(super) fn delete(item: &str) -> Result<bool, KeyringError> {
    let mut service = Service::connect()?;
    let found = service.found(&[("service", SERVICE), ("username", item)])?;
    service.unlock(&found.locked)?;
    let items = found.all();
    for one in &items {
        let reply = service.call(one, ITEM, "Delete", Body::default())?;
        let prompt = read_from(&reply, "o", Reader::text)?;
        service.prompt(&prompt)?;
    }
    Ok(!items.is_empty())
}

/// The users of all items of ours.
pub(super) fn items() -> Result<Vec<String>, KeyringError> {
    let mut service = Service::connect()?;
    let found = service.found(&[("service", SERVICE)])?;
    // A locked item may show nothing but hashes of its attributes.
    service.unlock(&found.locked)?;
    let mut users = Vec::new();
    for item in found.all() {
        let reply = service.property(&item, ITEM, "Attributes")?;
        let attributes = read_from(&reply, "v", |value| {
            value.variant("a{ss}")?;
            value.array(8, |entry| {
                entry.structure()?;
                Ok((entry.text()?, entry.text()?))
            })
        })?;
        users.extend(attributes.into_iter().filter(|(name, _)| name == "username").map(|(_, user)| user));
    }
    users.sort();
    users.dedup();
    Ok(users)
}

/// Objects that carry the attributes that were asked for.
struct Found {
    unlocked: Vec<String>,
    locked: Vec<String>,
}

impl Found {
    fn all(self) -> Vec<String> {
        [self.unlocked, self.locked].concat()
    }
}

/// A connection with a session in which secrets travel encrypted; it ends with the connection.
struct Service {
    bus: Bus,
    session: String,
    cipher: Cipher,
}

impl Service {
    fn connect() -> Result<Self, KeyringError> {
        let mut bus = Bus::session()?;
        let exchange = Exchange::new()?;
        let target = Target { destination: NAME, path: PATH, interface: THE_SERVICE };
        let body = Body::new("sv").text(ALGORITHM).kind("ay").bytes(&exchange.public);
        let reply = bus.call(target, "OpenSession", body)?;
        let (theirs, session) = read_from(&reply, "vo", |reply| {
            reply.variant("ay")?;
            Ok((reply.bytes()?.to_owned(), reply.text()?))
        })?;
        Ok(Self { bus, session, cipher: exchange.agree(&theirs)? })
    }

    fn call(
        &mut self,
        path: &str,
        interface: &str,
        member: &str,
        body: Body,
    ) -> Result<Message, KeyringError> {
        self.bus.call(Target { destination: NAME, path, interface }, member, body)
    }

    fn property(&mut self, path: &str, interface: &str, name: &str) -> Result<Message, KeyringError> {
        self.call(path, PROPERTIES, "Get", Body::new("ss").text(interface).text(name))
    }

    fn found(&mut self, attributes: &[(&str, &str)]) -> Result<Found, KeyringError> {
        let body = map(Body::new("a{ss}"), attributes);
        let reply = self.call(PATH, THE_SERVICE, "SearchItems", body)?;
        read_from(&reply, "aoao", |reply| {
            Ok(Found { unlocked: reply.array(4, Reader::text)?, locked: reply.array(4, Reader::text)? })
        })
    }

    fn secret(&mut self, item: &str) -> Result<Secret, KeyringError> {
        let body = Body::new("o").text(&self.session);
        let reply = self.call(item, ITEM, "GetSecret", body)?;
        let (vector, encrypted) = read_from(&reply, "(oayays)", |secret| {
            secret.structure()?;
            secret.text()?;
            Ok((secret.bytes()?.to_owned(), secret.bytes()?.to_owned()))
        })?;
        String::from_utf8(self.cipher.decrypt(&vector, &encrypted)?)
            .map(Secret::new)
            .map_err(|_| KeyringError::Failed("the item does not hold a key".to_owned()))
    }

    /// Writes the structure in which `secret` travels.
    fn encrypted(&self, body: Body, secret: &Secret) -> Result<Body, KeyringError> {
        let (vector, encrypted) = self.cipher.encrypt(secret.expose().as_bytes())?;
        let body = body.structure().text(&self.session).bytes(&vector).bytes(&encrypted);
        Ok(body.text("application/octet-stream"))
    }

    fn default_collection(&mut self) -> Result<String, KeyringError> {
        let reply = self.call(PATH, THE_SERVICE, "ReadAlias", Body::new("s").text("default"))?;
        let collection = read_from(&reply, "o", Reader::text)?;
        if collection == NOTHING { Err(KeyringError::NoCollection) } else { Ok(collection) }
    }

    fn is_locked(&mut self, collection: &str) -> Result<bool, KeyringError> {
        let locked = self.property(collection, COLLECTION, "Locked")?;
        read_from(&locked, "v", |value| value.variant("b").and_then(|()| value.truth()))
    }

    fn create(
        &mut self,
        label: &str,
        attributes: &[(&str, &str)],
        secret: &Secret,
    ) -> Result<(), KeyringError> {
        let collection = self.default_collection()?;
        if self.is_locked(&collection)? {
            self.unlock(std::slice::from_ref(&collection))?;
        }
        let body = Body::new("a{sv}(oayays)b").array(8, |properties| {
            let labelled = properties.structure().text("org.freedesktop.Secret.Item.Label").kind("s");
            let properties = labelled.text(label).structure().text("org.freedesktop.Secret.Item.Attributes");
            map(properties.kind("a{ss}"), attributes)
        });
        let body = self.encrypted(body, secret)?.truth(true);
        let reply = self.call(&collection, COLLECTION, "CreateItem", body)?;
        let (item, prompt) = read_from(&reply, "oo", |reply| Ok((reply.text()?, reply.text()?)))?;
        if item == NOTHING { self.prompt(&prompt) } else { Ok(()) }
    }

    /// Unlocks items or collections, with a prompt where the keyring wants one.
    fn unlock(&mut self, objects: &[String]) -> Result<(), KeyringError> {
        if objects.is_empty() {
            return Ok(());
        }
        let paths = |body| objects.iter().fold(body, |body: Body, path| body.text(path));
        let reply = self.call(PATH, THE_SERVICE, "Unlock", Body::new("ao").array(4, paths))?;
        let prompt = read_from(&reply, "aoo", |reply| {
            reply.array(4, Reader::text)?;
            reply.text()
        })?;
        self.prompt(&prompt)
    }

    /// Shows a prompt, if there is one, and waits until the person has answered it.
    fn prompt(&mut self, prompt: &str) -> Result<(), KeyringError> {
        if prompt == NOTHING {
            return Ok(());
        }
        self.bus.listen(&format!("type='signal',sender='{NAME}',interface='{PROMPT}',member='Completed'"))?;
        self.bus.listen(&format!(
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{NAME}'"
        ))?;
        let shown = self.call(prompt, PROMPT, "Prompt", Body::new("s").text(""))?;
        loop {
            let signal = self.bus.next_signal()?;
            if signal.member == "Completed" && signal.path == prompt && signal.sender == shown.sender {
                let dismissed = read_from(&signal, "bv", Reader::truth)?;
                return if dismissed { Err(KeyringError::Locked) } else { Ok(()) };
            }
            // The keyring went away with its prompt open.
            if signal.member == "NameOwnerChanged" && signal.sender == super::bus::DAEMON.destination {
                return Err(KeyringError::Locked);
            }
        }
    }
}

/// What `read` takes from the arguments of `message`, which must have this signature.
fn read_from<'m, T>(
    message: &'m Message,
    signature: &str,
    read: impl FnOnce(&mut Reader<'m>) -> io::Result<T>,
) -> Result<T, KeyringError> {
    let arguments = message.arguments(signature);
    arguments.and_then(|mut arguments| read(&mut arguments)).map_err(|error| lost(&error))
}

fn map(body: Body, entries: &[(&str, &str)]) -> Body {
    body.array(8, |map| entries.iter().fold(map, |map, (name, value)| map.structure().text(name).text(value)))
}

#[cfg(test)]
mod tests;
