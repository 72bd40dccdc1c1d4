package auth

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the wire format's hash
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Why an address is refused. All of them come wrapped together with ErrDenied or ErrPlayDenied.
var (
	ErrKeyMissing = errors.New("the address has no txSecret and txTime; `aircheck url APP/STREAM` prints signed ones")
	ErrKeyWrong   = errors.New("txSecret does not fit the key, the stream name and txTime")
	ErrKeyExpired = errors.New("the address has expired")
)

// Challenge reports whether a refusal is for want of a key, so that a client that has one may be asked for it (HTTP's and RTSP's 401).
func Challenge(err error) bool {
	return errors.Is(err, ErrKeyMissing) || errors.Is(err, ErrKeyWrong) || errors.Is(err, ErrKeyExpired)
}

// Key signs addresses: those to push to, or those to play from.
type Key struct {
	// Enable says that a signature is needed, where the server's push.auth or play.auth asks for one.
	Enable bool
	// Master and Backup are equally good; Backup may be empty.
	Master, Backup string
	// Delta is added to txTime: how long an address stays good after it.
	Delta time.Duration
}

// Limits of a key.
const (
	// MaxKeyBytes is the length of a master or backup key.
	MaxKeyBytes = 128
	// MaxAuthDelta bounds Key.Delta.
	MaxAuthDelta = 10 * 365 * 24 * time.Hour
)

// txTimeDigits is how many digits txTime has: enough from 1978 to 2106.
const txTimeDigits = 8

// NewKey returns a key that is asked for, with a random master key and no time beyond txTime.
func NewKey() Key {
	return Key{Enable: true, Master: strings.ToLower(rand.Text())}
}

// Sign returns the query that lets a stream be pushed or played with the master key until expiry, rounded down to a second, or until
// txTime ends (2106): "txSecret=...&txTime=...".
func (k Key) Sign(stream string, expiry time.Time) string {
	txTime := fmt.Sprintf("%08X", min(max(0, expiry.Add(-k.Delta).Unix()), math.MaxUint32))
	sum := md5.Sum([]byte(k.Master + stream + txTime)) //nolint:gosec // the wire format's hash
	return "txSecret=" + hex.EncodeToString(sum[:]) + "&txTime=" + txTime
}

// Verify checks the txSecret and txTime of an address. It returns a name for the key that signed it, from which the key
// cannot be computed, or ErrKeyMissing, ErrKeyWrong or ErrKeyExpired. A secret is a hexadecimal MD5 or SHA-256 sum of
// key, stream name and txTime as it was written; txTime is Unix seconds in hexadecimal, of 8 digits. Were it allowed more or fewer, a
// signature of the stream "cam1" would be one of "cam" as well, until the year 2160: the sum does not tell where the name ends.
func (k Key) Verify(stream, txSecret, txTime string, now time.Time) (credential string, err error) {
	if txSecret == "" || txTime == "" {
		return "", ErrKeyMissing
	}
	// Both keys are always compared, so that the time taken does not tell which one was nearly right.
	master := keyMatches(k.Master, stream, txSecret, txTime)
	backup := keyMatches(k.Backup, stream, txSecret, txTime)
	seconds, parseErr := strconv.ParseUint(txTime, 16, 32)
	if !master && !backup || parseErr != nil || len(txTime) != txTimeDigits {
		return "", ErrKeyWrong
	}
	if now.After(time.Unix(int64(seconds), 0).Add(k.Delta)) {
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

// keyFields are the wire format's names of a key's fields.
type keyFields struct{ master, backup string }

func pushKeyFields() keyFields { return keyFields{"MasterAuthKey", "BackupAuthKey"} }

func playKeyFields() keyFields { return keyFields{"AuthKey", "AuthBackKey"} }

// validate reports, as an *InvalidError, what of a key cannot be used.
func (k Key) validate(names keyFields) error {
	for field, key := range map[string]string{names.master: k.Master, names.backup: k.Backup} {
		if len(key) > MaxKeyBytes {
			return &InvalidError{Field: field, Reason: "is longer than 128 bytes"}
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return &InvalidError{Field: field, Reason: "has characters other than printable ASCII without spaces"}
		}
	}
	if k.Enable && k.Master == "" {
		return &InvalidError{Field: names.master, Reason: "is empty; set one, or Enable to 0"}
	}
	if k.Delta < 0 || k.Delta > MaxAuthDelta {
		return &InvalidError{Field: "AuthDelta", Reason: "is not between 0 and 315360000 seconds"}
	}
	return nil
}
