//! Our side: commands in this process, from words to a reply.

use std::error::Error;

use nuthatch::Engine;
use nuthatch::reply::Reply;

use super::Answer;
use crate::text::clock::cpu_time;

/// A command, and which value of its rows is summed.
pub struct Query {
    words: Vec<&'static str>,
}

impl Query {
    /// A command of words between blanks; one in quotes has blanks in it.
    #[must_use]
    pub fn new(command: &'static str) -> Self {
        let mut words = Vec::new();
        for (at, part) in command.split('\'').enumerate() {
            if at % 2 == 1 {
                words.push(part);
            } else {
                words.extend(part.split(' ').filter(|word| !word.is_empty()));
            }
        }
        Self { words }
    }

    /// Runs it once; the sum is of the last value of each row.
    ///
    /// # Errors
    /// When it is refused.
    pub fn ask(&self, engine: &mut Engine) -> Result<Answer, Box<dyn Error>> {
        let start = cpu_time();
        let reply = engine.execute(&self.words);
        let seconds = (cpu_time() - start).as_secs_f64();
        let [_, rows @ ..] = values(&reply)? else {
            return Err("a reply without a total".into());
        };
        let mut sum = 0.0;
        for row in rows {
            sum += last(row)?;
        }
        Ok(Answer {
            seconds,
            rows: rows.len(),
            sum,
        })
    }

    /// Runs it once under `FT.PROFILE` and gives the seconds of one of its steps, and the sum.
    ///
    /// # Errors
    /// When it is refused, or has no such step.
    pub fn step(&self, engine: &mut Engine, step: &str) -> Result<Answer, Box<dyn Error>> {
        let (index, rest) = (self.words[1], &self.words[2..]);
        let words = ["FT.PROFILE", index, "AGGREGATE", "QUERY"];
        let words: Vec<&str> = words.iter().chain(rest).copied().collect();
        let reply = engine.execute(&words);
        let [result, profile] = values(&reply)? else {
            return Err("a profile beside its result".into());
        };
        let shards = values(field(profile, "Shards")?)?;
        let shard = shards.first().ok_or("a profile of something")?;
        let steps = values(field(shard, "Result processors profile")?)?;
        let named = |it: &&Reply| field(it, "Type").is_ok_and(|kind| is(kind, step));
        let found = steps.iter().find(named).ok_or("no such step")?;
        let milliseconds = number(field(found, "Time")?)?;
        let row = values(result)?.get(1).ok_or("a row")?;
        Ok(Answer {
            seconds: milliseconds / 1000.0,
            rows: 1,
            sum: last(row)?,
        })
    }
}

/// Reads a cursor to its end in parts of a thousand rows: the CPU time of all reads, how many rows
/// there were, and the sum of their last values.
///
/// # Errors
/// When a command is refused.
pub fn drain(engine: &mut Engine, command: &Query) -> Result<Answer, Box<dyn Error>> {
    let mut answer = Answer {
        seconds: 0.0,
        rows: 0,
        sum: 0.0,
    };
    let mut words: Vec<String> = command.words.iter().map(|&word| word.to_owned()).collect();
    loop {
        let start = cpu_time();
        let reply = engine.execute(&words);
        answer.seconds += (cpu_time() - start).as_secs_f64();
        let [page, Reply::Integer(cursor)] = values(&reply)? else {
            return Err("a page and a cursor".into());
        };
        let [_, rows @ ..] = values(page)? else {
            return Err("a page without a total".into());
        };
        answer.rows += rows.len();
        for row in rows {
            answer.sum += last(row)?;
        }
        if *cursor == 0 {
            return Ok(answer);
        }
        let read = ["FT.CURSOR", "READ", "i"].map(str::to_owned);
        words = read.into_iter().chain([cursor.to_string()]).collect();
    }
}

fn values(reply: &Reply) -> Result<&[Reply], Box<dyn Error>> {
    if let Reply::Array(values) = reply {
        return Ok(values);
    }
    Err(format!("not an array: {reply:?}").into())
}

/// The value under a name in a flat map.
fn field<'r>(map: &'r Reply, name: &str) -> Result<&'r Reply, Box<dyn Error>> {
    let pairs = values(map)?.chunks(2);
    let mut found = pairs.filter(|pair| is(&pair[0], name));
    let pair = found.next().ok_or_else(|| format!("no {name}"))?;
    Ok(&pair[1])
}

fn is(reply: &Reply, text: &str) -> bool {
    matches!(reply, Reply::Bulk(bytes) if bytes == text.as_bytes())
}

fn number(reply: &Reply) -> Result<f64, Box<dyn Error>> {
    if let Reply::Bulk(bytes) = reply {
        return Ok(std::str::from_utf8(bytes)?.parse()?);
    }
    Err(format!("not a number: {reply:?}").into())
}

fn last(row: &Reply) -> Result<f64, Box<dyn Error>> {
    number(values(row)?.last().ok_or("an empty row")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::data::Data;

    #[test]
    fn a_cursor_gives_all_rows_that_a_query_does() {
        let data = Data::generated(3_500);
        let mut engine = data.engine().unwrap();
        let all = Query::new("FT.AGGREGATE i * LOAD 1 price").ask(&mut engine);
        let cursor = Query::new("FT.AGGREGATE i * LOAD 1 price WITHCURSOR COUNT 1000");
        let (all, drained) = (all.unwrap(), drain(&mut engine, &cursor).unwrap());
        assert_eq!((all.rows, drained.rows), (3_500, 3_500));
        assert!((all.sum - drained.sum).abs() < 1e-6);
        assert!((all.sum - data.prices.iter().sum::<f64>()).abs() < 1e-6);
    }

    #[test]
    fn the_time_of_a_step_is_in_its_profile() {
        let mut engine = Data::generated(100).engine().unwrap();
        let query =
            Query::new("FT.AGGREGATE i * APPLY '@price + 1' AS x GROUPBY 0 REDUCE SUM 1 @x");
        let step = query.step(&mut engine, "Projector").unwrap();
        assert!(step.seconds > 0.0 && step.sum > 100.0);
        assert!(query.step(&mut engine, "Filter").is_err());
    }
}
