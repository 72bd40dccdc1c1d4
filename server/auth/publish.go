package auth

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the wire format's hash
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Why a push address is refused. All of them come wrapped together with ErrDenied.
var (
	ErrKeyMissing = errors.New("the push address has no txSecret and txTime")
	ErrKeyWrong   = errors.New("txSecret does not fit the push key, the stream name and txTime")
	ErrKeyExpired = errors.New("the push address has expired")
)

// Limits of a push key.
const (
	// MaxKeyBytes is the length of a master or backup key.
	MaxKeyBytes = 128
	// MaxAuthDelta bounds PushKey.Delta.
	MaxAuthDelta = 10 * 365 * 24 * time.Hour
)

// NewPushKey returns a key that is asked for, with a random master key and no time beyond txTime.
func NewPushKey() PushKey {
	return PushKey{Enable: true, Master: strings.ToLower(rand.Text())}
}

// Sign returns the query that lets a stream be pushed with the master key until expiry, rounded down to a second:
// "txSecret=...&txTime=...".
func (k PushKey) Sign(stream string, expiry time.Time) string {
	txTime := strings.ToUpper(strconv.FormatInt(max(0, expiry.Add(-k.Delta).Unix()), 16))
	sum := md5.Sum([]byte(k.Master + stream + txTime)) //nolint:gosec // the wire format's hash
	return "txSecret=" + hex.EncodeToString(sum[:]) + "&txTime=" + txTime
}

// Verify checks the txSecret and txTime of a push address. It returns a name for the key that signed it, from which the key
// cannot be computed, or ErrKeyMissing, ErrKeyWrong or ErrKeyExpired. A secret is a hexadecimal MD5 or SHA-256 sum of
// key, stream name and txTime as it was written; txTime is Unix seconds in hexadecimal.
func (k PushKey) Verify(stream, txSecret, txTime string, now time.Time) (credential string, err error) {
	if txSecret == "" || txTime == "" {
		return "", ErrKeyMissing
	}
	// Both keys are always compared, so that the time taken does not tell which one was nearly right.
	master := keyMatches(k.Master, stream, txSecret, txTime)
	backup := keyMatches(k.Backup, stream, txSecret, txTime)
	seconds, parseErr := strconv.ParseInt(txTime, 16, 64)
	if !master && !backup || parseErr != nil || seconds < 0 {
		return "", ErrKeyWrong
	}
	const farAway = 1 << 40 // beyond any calendar, yet safe to add to
	if now.After(time.Unix(min(seconds, farAway), 0).Add(k.Delta)) {
		return "", ErrKeyExpired
	}
	if master {
		return credentialOf(k.Master), nil
	}
	return credentialOf(k.Backup), nil
}

func keyMatches(key, stream, txSecret, txTime string) bool {
	text := []byte(key + stream + txTime)
	var want string
	if len(txSecret) == hex.EncodedLen(sha256.Size) {
		sum := sha256.Sum256(text)
		want = hex.EncodeToString(sum[:])
	} else {
		sum := md5.Sum(text) //nolint:gosec // the wire format's hash
		want = hex.EncodeToString(sum[:])
	}
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(txSecret))) == 1
	return same && key != ""
}

func credentialOf(key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("aircheck push credential"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// validate reports, as an *InvalidError, what of a key cannot be used.
func (k PushKey) validate() error {
	for field, key := range map[string]string{"MasterAuthKey": k.Master, "BackupAuthKey": k.Backup} {
		if len(key) > MaxKeyBytes {
			return &InvalidError{Field: field, Reason: "is longer than 128 bytes"}
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return &InvalidError{Field: field, Reason: "has characters other than printable ASCII without spaces"}
		}
	}
	if k.Enable && k.Master == "" {
		return &InvalidError{Field: "MasterAuthKey", Reason: "is empty; set one, or Enable to 0"}
	}
	if k.Delta < 0 || k.Delta > MaxAuthDelta {
		return &InvalidError{Field: "AuthDelta", Reason: "is not between 0 and 315360000 seconds"}
	}
	return nil
}
