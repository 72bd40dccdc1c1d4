package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost of argon2id (RFC 9106), as OWASP recommends it for logins: memory in KiB, passes, lanes.
const (
	hashMemory = 19 * 1024
	hashPasses = 2
	hashLanes  = 1
	hashSalt   = 16
	hashSize   = 32
	// mostMemory and mostPasses are what a stored hash may ask for.
	mostMemory = 256 * 1024
	mostPasses = 16
)

// MinPassword and MaxPassword are the lengths of a password, in bytes.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// ErrPassword is wrapped by HashPassword for a password that is too short or too long.
var ErrPassword = errors.New("a console password has 8 to 1024 bytes")

// errHash says that a stored hash is not one.
var errHash = errors.New("the stored password is not an argon2id hash")

// HashPassword returns what may be stored of a password, in the form "$argon2id$v=19$m=..,t=..,p=..$salt$hash".
func HashPassword(password string) (string, error) {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return "", ErrPassword
	}
	salt := make([]byte, hashSalt)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	sum := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashSize)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes, enc(salt), enc(sum)), nil
}

// checkPassword reports whether a password is the one that was hashed.
func checkPassword(hash, password string) (bool, error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(fields[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return false, errHash
	}
	sum, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(sum) < 16 || len(sum) > 64 || memory == 0 || memory > mostMemory || passes == 0 || passes > mostPasses || lanes == 0 {
		return false, errHash
	}
	if len(password) > MaxPassword {
		return false, nil
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1, nil
}
