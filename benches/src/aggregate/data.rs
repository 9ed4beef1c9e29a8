//! The documents of the suite: a tag, a price and a quantity each, from a seed.

use std::error::Error;
use std::fs;
use std::path::Path;

use nuthatch::Engine;
use nuthatch::reply::Reply;

/// Different tags.
pub const TAGS: u32 = 1_000;
const SEED: u64 = 20_261_126;

/// Columns of the documents.
pub struct Data {
    /// The number of each document's tag, below [`TAGS`].
    pub tags: Vec<u32>,
    /// Evenly from 0 to 1,000, in hundredths: a half of all is at most 500.
    pub prices: Vec<f64>,
    /// Evenly from 0 to 10,000, whole.
    pub quantities: Vec<f64>,
}

impl Data {
    /// So many documents, the same each time.
    #[must_use]
    pub fn generated(documents: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut data = Self {
            tags: Vec::with_capacity(documents),
            prices: Vec::with_capacity(documents),
            quantities: Vec::with_capacity(documents),
        };
        for _ in 0..documents {
            data.tags.push(random.u32(..TAGS));
            data.prices.push(f64::from(random.u32(..100_000)) / 100.0);
            data.quantities.push(f64::from(random.u32(..10_000)));
        }
        data
    }

    /// How many documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// No document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Writes the columns one behind the other, for the peers.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut bytes: Vec<u8> = Vec::with_capacity(self.len() * 20);
        bytes.extend(self.tags.iter().flat_map(|tag| tag.to_le_bytes()));
        let numbers = self.prices.iter().chain(&self.quantities);
        bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
        fs::write(path, bytes)?;
        Ok(())
    }

    /// An engine with an index `i` of the documents.
    ///
    /// # Errors
    /// When it refuses a command.
    pub fn engine(&self) -> Result<Engine, Box<dyn Error>> {
        let mut engine = Engine::new();
        let schema = "FT.CREATE i SCHEMA tag TAG SORTABLE price NUMERIC quantity NUMERIC";
        let schema: Vec<&str> = schema.split(' ').collect();
        accepted(&engine.execute(&schema))?;
        accepted(&engine.execute(&["FT.CONFIG", "SET", "TIMEOUT", "0"]))?;
        for at in 0..self.len() {
            let key = format!("d:{at}");
            let tag = format!("tag{}", self.tags[at]);
            let price = self.prices[at].to_string();
            let quantity = self.quantities[at].to_string();
            let words = [
                "HSET", &key, "tag", &tag, "price", &price, "quantity", &quantity,
            ];
            accepted(&engine.execute(&words))?;
        }
        Ok(engine)
    }
}

fn accepted(reply: &Reply) -> Result<(), Box<dyn Error>> {
    match reply {
        Reply::Error(text) => Err(text.clone().into()),
        Reply::Simple(_)
        | Reply::Integer(_)
        | Reply::Double(_)
        | Reply::Bulk(_)
        | Reply::Null
        | Reply::Array(_)
        | Reply::Map(_)
        | Reply::Set(_) => Ok(()),
    }
}
