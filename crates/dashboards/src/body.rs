//! Dashboards in memory and in the log: JSON, deflated. Real ones shrink to about a tenth.

use crate::dashboard::Dashboard;
use crate::error::{Error, ErrorKind};
use crate::import::{INPUT_BYTES_MAX, Imported, import};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::Read as _;
use std::sync::Arc;

/// A dashboard, deflated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body(Arc<[u8]>);

impl Body {
    /// Deflates.
    ///
    /// # Errors
    /// When the dashboard is longer than what could be read again.
    pub(crate) fn pack(dashboard: &Dashboard) -> Result<Self, Error> {
        let json = serde_json::to_vec(dashboard.json()).expect("JSON objects become text");
        if json.len() > INPUT_BYTES_MAX {
            let message =
                format!("the dashboard takes {} bytes, at most {INPUT_BYTES_MAX}", json.len());
            return Err(Error::invalid(message));
        }
        let mut packed = Vec::new();
        let mut encoder = DeflateEncoder::new(json.as_slice(), Compression::default());
        encoder.read_to_end(&mut packed).expect("memory can be read");
        Ok(Self(packed.into()))
    }

    /// The dashboard, migrated by what is known today.
    ///
    /// # Errors
    /// When the bytes are none that [`Self::pack`] made.
    pub(crate) fn unpack(&self) -> Result<Imported, Error> {
        let mut json = Vec::new();
        let limit = INPUT_BYTES_MAX as u64 + 1;
        let read = DeflateDecoder::new(&self.0[..]).take(limit).read_to_end(&mut json);
        read.map_err(|error| {
            Error::new(ErrorKind::Failed, format!("cannot unpack a dashboard: {error}"))
        })?;
        import(&json)
    }

    /// Bytes in memory.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}
