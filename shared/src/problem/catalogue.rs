//! What the page of each kind of problem says, and what the documentation shows of it.
//!
//! Apart from the table in [`kind`](super::kind), so that components which answer with problems do
//! not carry these texts: only what calls [`ProblemKind::explanation`] does.

use super::ProblemKind;

/// A kind of problem, explained to whoever met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened: one or two sentences about the request that was answered so.
    pub what_happened: &'static str,
    /// What the caller can do about it.
    pub what_to_do: &'static str,
    /// A sentence such as the `detail` member of an answer has.
    pub example: &'static str,
}

/// What happened, what to do, an example of a detail.
const fn explain(
    what_happened: &'static str,
    what_to_do: &'static str,
    example: &'static str,
) -> Explanation {
    Explanation {
        what_happened,
        what_to_do,
        example,
    }
}

impl ProblemKind {
    /// What happened, and what to do about it, for the page that the kind's `type` leads to.
    ///
    /// ```
    /// use shared::problem::ProblemKind;
    ///
    /// for kind in ProblemKind::all() {
    ///     println!("{}: {}", kind.title(), kind.explanation().what_happened);
    /// }
    /// ```
    #[must_use]
    pub fn explanation(self) -> Explanation {
        if self.status().is_server_error() {
            self.fault_of_the_server()
        } else {
            self.fault_of_the_request()
        }
    }

    fn fault_of_the_request(self) -> Explanation {
        match self {
            Self::Unauthorized => explain(
                "The operation is for known callers, and the request carried no access token, or \
                 one that is expired, revoked or not ours. At sign-in: the e-mail address or the \
                 password is wrong.",
                "Sign in, and send the token as `Authorization: Bearer …` or `Authorization: Token \
                 …`. The WWW-Authenticate header says `invalid_token` where a token was sent: it \
                 will not become valid, so sign in again for a new one.",
                "An access token is required.",
            ),
            Self::Forbidden => explain(
                "You are known, and this is not yours to do: it belongs to somebody else, or your \
                 token lacks the scope that WWW-Authenticate names. Nothing was changed.",
                "Repeating the request changes nothing. Sign in as somebody who may, or ask them.",
                "Only its author may change an article.",
            ),
            Self::Conflict => explain(
                "The request contradicts the present state of what it is about. Nothing was \
                 changed.",
                "Read it again, decide whether the change is still wanted, and send it once more.",
                "The request contradicts the present state.",
            ),
            Self::PreconditionFailed => explain(
                "The request was to be carried out on a condition, and that does not hold: the \
                 resource is not as you had seen it (If-Match), or it is there (If-None-Match). Or \
                 the operation evaluates no such condition, as the detail says then. Nothing was \
                 changed.",
                "Read it again for its new ETag, decide whether the change is still wanted, and \
                 send it with that ETag. Where no condition is evaluated, send it without.",
                "This is no longer as you have seen it: read it again, then decide.",
            ),
            Self::PreconditionRequired => explain(
                "A change of this resource has to say which version it is meant for, so that \
                 nobody overwrites what they have not seen.",
                "Read the resource, and send its ETag in the If-Match header.",
                "Send the ETag of what you have seen in the If-Match header.",
            ),
            Self::TooManyRequests => explain(
                "You sent more requests than you may in this time.",
                "Wait for as many seconds as the Retry-After header says, and send fewer.",
                "Too many requests. Try again in 30 seconds.",
            ),
            Self::RequestTimeout => explain(
                "The request did not arrive within the time that a request may take.",
                "Send it again, over a better connection if you can.",
                "The request took too long to arrive.",
            ),
            _ => self.fault_of_the_address_or_body(),
        }
    }

    fn fault_of_the_address_or_body(self) -> Explanation {
        match self {
            Self::MalformedJson => explain(
                "The body is not one well-formed JSON document in UTF-8: it is empty, breaks off, \
                 has a syntax error, or an object in it has two members of one name.",
                "The detail names the line and the column. Let a library write the JSON.",
                "The body is not valid JSON: expected `,` or `}` (line 1, column 12).",
            ),
            Self::NotFound => explain(
                "Nothing is at this address: it never was, it was deleted, or you may not know of \
                 it.",
                "Check the address, and that of its parts that you filled in. A list tells what \
                 there is.",
                "There is no article with this slug.",
            ),
            Self::MethodNotAllowed => explain(
                "The address exists, and does not answer to this method.",
                "The Allow header lists the methods that it answers to.",
                "This address does not answer this method; the Allow header lists those it does.",
            ),
            Self::NotAcceptable => explain(
                "The Accept header leaves no media type that this address can answer with.",
                "Accept application/json, or leave the header out.",
                "This address answers with application/json alone.",
            ),
            Self::Gone => explain(
                "What was at this address is gone for good.",
                "Forget the address.",
                "This was deleted.",
            ),
            Self::ContentTooLarge => explain(
                "The body is over the limit of 1 MiB, or holds more than 10,000 JSON values.",
                "Send less at a time.",
                "The request body is over the limit.",
            ),
            Self::UnsupportedMediaType => explain(
                "The body is of a media type that is not read here, or of none that is named, or in \
                 another character encoding than UTF-8, or compressed.",
                "Send JSON in UTF-8, and say so: `Content-Type: application/json`. Send it without \
                 Content-Encoding where the answer has an Accept-Encoding.",
                "The body must be JSON, and its Content-Type application/json.",
            ),
            Self::Validation => explain(
                "The request is well formed, and breaks a rule: a value is missing, of the wrong \
                 type, too long, taken, or otherwise not allowed. Nothing was changed.",
                "`violations` lists every rule that was broken, each with the place of the value \
                 (a JSON pointer into the body, or the name of a parameter). Mend them all, and \
                 send the request again.",
                "One field is invalid.",
            ),
            _ => explain(
                "The request cannot be understood.",
                "The detail says which part of it. Repeating it unchanged changes nothing.",
                "The If-Match header must be * or a list of entity tags.",
            ),
        }
    }

    fn fault_of_the_server(self) -> Explanation {
        match self {
            Self::NotImplemented => explain(
                "The server does not know what was asked of it.",
                "Repeating the request changes nothing.",
                "This is not implemented.",
            ),
            Self::BadGateway => explain(
                "A service that this answer needs gave one that is of no use.",
                "Try again in a while.",
                "A service behind this one gave no usable answer.",
            ),
            Self::Unavailable => explain(
                "Something that this answer needs, such as the database, is busy or away. Nothing \
                 is half done.",
                "Try again after as many seconds as the Retry-After header says. A write that may \
                 not be done twice: look first whether it was done.",
                "Something this request needs is not available right now. Please try again.",
            ),
            Self::GatewayTimeout => explain(
                "A service that this answer needs took too long, or the whole request did.",
                "Try again in a while. A write that may not be done twice: look first whether it \
                 was done.",
                "The request took too long.",
            ),
            _ => explain(
                "Something went wrong on our side. It is in our log, under the request's id.",
                "Try again in a while. If it stays, tell us the requestId of the answer.",
                "Something went wrong on our side. The request id helps us to find it.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_an_explanation_of_its_own() {
        let explanations: BTreeSet<&str> = ProblemKind::all()
            .map(|kind| kind.explanation().what_happened)
            .collect();
        assert_eq!(explanations.len(), ProblemKind::all().count());
    }

    #[test]
    fn explanations_are_sentences() {
        for kind in ProblemKind::all() {
            let Explanation {
                what_happened,
                what_to_do,
                example,
            } = kind.explanation();
            for text in [what_happened, what_to_do, example] {
                assert!(text.ends_with('.') && !text.contains("  "), "{text}");
            }
        }
    }
}
