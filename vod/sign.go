package vod

import (
	"crypto/md5" //nolint:gosec // the specification's formula
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// signParams are what a signature covers, in the order in which they are concatenated, and stand in an address.
func signParams() []string {
	return []string{"t", "exper", "rlimit", "us", "whref", "bkref", "whreg", "bkreg"}
}

// Sign signs an address: lower-case hex of md5(key + dir + t + exper + rlimit + us + whref + bkref + whreg + bkreg). dir is its path
// without the file name, with a slash at both ends; what is absent counts as empty.
func Sign(key, dir string, params map[string]string) string {
	var b strings.Builder
	b.WriteString(key)
	b.WriteString(dir)
	for _, name := range signParams() {
		b.WriteString(params[name])
	}
	sum := md5.Sum([]byte(b.String())) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// Grant is what an address that was checked permits.
type Grant struct {
	// Preview is how much may be shown; 0 means all.
	Preview time.Duration
	// Query is what addresses carry that this one leads to: "" or beginning with "?".
	Query string
	// Clients is how many addresses may use it; 0 means any number. Expires is when it ends; both of a signed one.
	Clients int
	Expires time.Time
	// Private: no cache but the client's own may keep it, because others who ask at the same address may not have it.
	Private bool
	// Origins may read it from a page of theirs; empty: all.
	Origins []string
}

// Limits of a signed address.
const (
	maxPreview   = 1e7 // seconds
	maxClients   = 9
	longestParam = 512
	timeDigits   = 8 // until 2106
)

// verify checks a signed address: one of the keys must have signed one of the folders. text says why it is refused.
func verify(keys, dirs []string, q url.Values, now time.Time) (g Grant, text string) {
	params := map[string]string{}
	for _, name := range append(signParams(), "sign") {
		if len(q[name]) > 1 {
			return g, name + " is there more than once"
		}
		if params[name] = q.Get(name); len(params[name]) > longestParam {
			return g, name + " is too long"
		}
	}
	switch {
	case params["sign"] == "":
		return g, "the address must be signed: t and sign are missing; DescribeMediaInfos tells one that is"
	case !signed(keys, dirs, params):
		return g, "sign does not fit the rest of the address"
	}
	// Of one length: the formula has no separators, so a longer time could be made of t and the beginning of what follows it.
	t, err := strconv.ParseUint(params["t"], 16, 32)
	if err != nil || len(params["t"]) != timeDigits || strings.ToLower(params["t"]) != params["t"] {
		return g, "t must be a time in seconds, in 8 digits of lower-case hexadecimal"
	}
	g.Expires = time.Unix(int64(t), 0)
	if !now.Before(g.Expires.Add(time.Second)) {
		return g, "the address expired at " + g.Expires.UTC().Format(time.DateTime) + " UTC"
	}
	if g, text = limits(g, params); text != "" {
		return g, text
	}
	g.Query = signedQuery(params)
	return g, ""
}

func signed(keys, dirs []string, params map[string]string) bool {
	good := 0
	for _, key := range keys {
		for _, dir := range dirs {
			if key != "" {
				good |= subtle.ConstantTimeCompare([]byte(Sign(key, dir, params)), []byte(params["sign"]))
			}
		}
	}
	return good == 1
}

// limits reads what a signed address limits.
func limits(g Grant, params map[string]string) (Grant, string) {
	if text := params["exper"]; text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil || n > maxPreview {
			return g, "exper must be a number of seconds"
		}
		g.Preview = time.Duration(n) * time.Second
	}
	if text := params["rlimit"]; text != "" {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil || n < 1 || n > maxClients {
			return g, "rlimit must be 1 to 9"
		}
		g.Clients = int(n)
	}
	if params["whreg"] != "" || params["bkreg"] != "" {
		return g, "whreg and bkreg limit an address to regions, which this server cannot tell"
	}
	return g, ""
}

// signedQuery is the query of a signed address, in the order that is prescribed.
func signedQuery(params map[string]string) string {
	var b strings.Builder
	for _, name := range append(signParams(), "sign") {
		if v := params[name]; v != "" {
			b.WriteByte("?&"[min(b.Len(), 1)])
			b.WriteString(name + "=" + url.QueryEscape(v))
		}
	}
	return b.String()
}
