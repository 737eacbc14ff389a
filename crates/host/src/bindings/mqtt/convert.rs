//! Values between WIT and the capability. Both versions have the same types under other names.

use jenny_stores::mqtt::{MqttError, Qos};

macro_rules! conversions {
    ($($wit:tt)+) => {
        const _: () = {
            use $($wit)+ as wit;

            impl From<MqttError> for wit::Error {
                fn from(error: MqttError) -> Self {
                    match error {
                        MqttError::InvalidAddress => Self::InvalidAddress,
                        MqttError::TooManyConnections => Self::TooManyConnections,
                        MqttError::ConnectionFailed(text) => Self::ConnectionFailed(text),
                        MqttError::Other(text) => Self::Other(text),
                    }
                }
            }

            impl From<wit::Qos> for Qos {
                fn from(qos: wit::Qos) -> Self {
                    match qos {
                        wit::Qos::AtMostOnce => Self::AtMostOnce,
                        wit::Qos::AtLeastOnce => Self::AtLeastOnce,
                        wit::Qos::ExactlyOnce => Self::ExactlyOnce,
                    }
                }
            }
        };
    };
}

conversions!(super::super::generated::fermyon::spin::mqtt);
conversions!(super::super::generated::spin::mqtt::mqtt);
