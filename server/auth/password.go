package auth

import (
	"crypto/md5" //nolint:gosec // the wire format's hash
	"encoding/hex"
	"time"
)

// Credentials are what came with a request by HTTP authentication, Basic or Digest, as RTSP has it. Good ones are
//
//	any user, and as password the key itself (master or backup): a camera's settings, which do not expire
//	txTime as user, and txSecret as password: the same signature as in an address
type Credentials struct {
	User string
	// Matches reports whether the client proved to know a password. It is called with the few that would do: Digest does not
	// tell which one the client has.
	Matches func(password string) bool
}

// check establishes which key signed a request. It returns what Verify returns.
func (k Key) check(stream string, query map[string]string, c *Credentials, now time.Time) (credential string, err error) {
	credential, err = k.Verify(stream, query["txSecret"], query["txTime"], now)
	if err == nil || c == nil {
		return credential, err
	}
	for _, key := range []string{k.Master, k.Backup} {
		if key == "" {
			continue
		}
		if c.Matches(key) {
			return credentialOf(key), nil
		}
		sum := md5.Sum([]byte(key + stream + c.User)) //nolint:gosec // the wire format's hash
		if secret := hex.EncodeToString(sum[:]); c.Matches(secret) {
			return k.Verify(stream, secret, c.User, now)
		}
	}
	return "", ErrKeyWrong
}
