package auth

// Scheme is how a caller proved who it is.
type Scheme string

// ConsoleName is what the one user of the console is called where callers are named.
const ConsoleName = "console"

// The schemes.
const (
	SchemeTC3   Scheme = "TC3-HMAC-SHA256"
	SchemeV1    Scheme = "v1"
	SchemeBasic Scheme = "Basic"
	// SchemeSession is a login to the console: its cookie, and CSRFHeader.
	SchemeSession Scheme = "Session"
)

// Principal is a caller of the API who proved to hold a key.
type Principal struct {
	SecretID string
	Scheme   Scheme
	// Signature is the one the request carried, by which a repetition is known, in one form however it was written;
	// empty for SchemeBasic and SchemeSession.
	Signature string
	// BodyUnsigned tells that the signature leaves the body out.
	BodyUnsigned bool
}
