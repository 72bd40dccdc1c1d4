package rtmp

import (
	"crypto/md5" //nolint:gosec // the protocol's hash
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// errAgain has the client connect once more, with what credentials have become.
var errAgain = errors.New("connect again")

// credentials answer a server that asks for user and password: it refuses the first connection and names the method, refuses the second
// with a challenge, and takes the third. The method "adobe" is the only one in use; the password itself is never sent.
type credentials struct {
	step int
	sent string
}

// query is what app and tcUrl end with.
func (c *credentials) query() string { return c.sent }

// answer reads a refusal. It returns errAgain if there is an answer to it, nil if it is about something else.
func (c *credentials) answer(user *url.Userinfo, refusal string) error {
	const method = "authmod=adobe"
	if c.step >= 2 || !strings.Contains(refusal, method) {
		return nil
	}
	c.step++
	base := "?" + method + "&user=" + url.QueryEscape(user.Username())
	_, challenge, found := strings.Cut(refusal, "?")
	if !found {
		c.sent = base
		return errAgain
	}
	asked := map[string]string{}
	for pair := range strings.SplitSeq(challenge, "&") {
		name, value, _ := strings.Cut(pair, "=")
		asked[name] = strings.TrimSpace(value)
	}
	if asked["reason"] != "needauth" {
		return fmt.Errorf("%w: user or password is wrong", ErrSource)
	}
	password, _ := user.Password()
	var own [4]byte
	_, _ = rand.Read(own[:])
	mine := hex.EncodeToString(own[:])
	hash := digest64(user.Username() + asked["salt"] + password)
	if asked["opaque"] != "" {
		hash += asked["opaque"]
	} else {
		hash += asked["challenge"]
	}
	c.sent = base + "&challenge=" + mine + "&response=" + digest64(hash+mine)
	if asked["opaque"] != "" {
		c.sent += "&opaque=" + asked["opaque"]
	}
	return errAgain
}

func digest64(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // the protocol's hash
	return base64.StdEncoding.EncodeToString(sum[:])
}
