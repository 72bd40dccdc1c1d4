package vod

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	checkKey = "24FEQmTzro4V5u3D5epW"
	checkDir = "/dir1/dir2/"
)

// TestSignCheckValues has the published check values.
func TestSignCheckValues(t *testing.T) {
	for _, c := range []struct {
		more map[string]string
		want string
	}{
		{nil, "3d8488faeb37d52d6bf63b63c1b171c3"},
		{map[string]string{"exper": "300"}, "547d98c4b91e81b5ea55c95cef63223f"},
		{map[string]string{"rlimit": "3"}, "c5214f0d5961b13acd558b4957c4dfc5"},
		// Absent parameters of the formula of 2022 count as empty.
		{map[string]string{"whref": "", "bkref": "", "whreg": "", "bkreg": ""}, "3d8488faeb37d52d6bf63b63c1b171c3"},
	} {
		params := map[string]string{"t": "5a71afc0", "us": "72d4cd1101"}
		for k, v := range c.more {
			params[k] = v
		}
		if got := Sign(checkKey, checkDir, params); got != c.want {
			t.Errorf("%v: %s, want %s", c.more, got, c.want)
		}
	}
	params := map[string]string{"t": "5a71afc0", "us": "72d4cd1101", "whref": "a.example"}
	if Sign(checkKey, checkDir, params) == "3d8488faeb37d52d6bf63b63c1b171c3" {
		t.Error("whref does not count")
	}
}

// query signs parameters.
func query(key string, params map[string]string) url.Values {
	params["sign"] = Sign(key, checkDir, params)
	q := url.Values{}
	for k, v := range params {
		q.Set(k, v)
	}
	return q
}

func TestVerify(t *testing.T) {
	now := time.Unix(0x5a71afc0, 0)
	good := func(more ...string) map[string]string {
		p := map[string]string{"t": "5a71afc0", "us": "72d4cd1101"}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	for name, c := range map[string]struct {
		q    url.Values
		at   time.Time
		want string
		g    Grant
	}{
		"plain":            {query(checkKey, good()), now, "", Grant{}},
		"backup key":       {query("otherKey99", good()), now, "", Grant{}},
		"preview":          {query(checkKey, good("exper", "300")), now, "", Grant{Preview: 300 * time.Second}},
		"clients":          {query(checkKey, good("rlimit", "3")), now, "", Grant{Clients: 3}},
		"a second late":    {query(checkKey, good()), now.Add(time.Second), "expired", Grant{}},
		"other key":        {query("some1other", good()), now, "does not fit", Grant{}},
		"unsigned":         {url.Values{"t": {"5a71afc0"}}, now, "must be signed", Grant{}},
		"changed preview":  {url.Values{"t": {"5a71afc0"}, "us": {"72d4cd1101"}, "exper": {"301"}, "sign": {"547d98c4b91e81b5ea55c95cef63223f"}}, now, "does not fit", Grant{}},
		"twice":            {url.Values{"t": {"5a71afc0", "5a71afc1"}, "us": {"72d4cd1101"}, "sign": {"3d8488faeb37d52d6bf63b63c1b171c3"}}, now, "more than once", Grant{}},
		"upper-case t":     {query(checkKey, good("t", "5A71AFC0")), now, "lower-case", Grant{}},
		"decimal t":        {query(checkKey, good("t", "zz")), now, "lower-case", Grant{}},
		"no t":             {query(checkKey, good("t", "")), now, "lower-case", Grant{}},
		"endless t":        {query(checkKey, good("t", "ffffffffffffffffffff")), now, "lower-case", Grant{}},
		"preview unsigned": {query(checkKey, good("exper", "-1")), now, "exper", Grant{}},
		"ten clients":      {query(checkKey, good("rlimit", "10")), now, "rlimit", Grant{}},
		"no clients":       {query(checkKey, good("rlimit", "0")), now, "rlimit", Grant{}},
		"regions":          {query(checkKey, good("whreg", "CN")), now, "regions", Grant{}},
		"long":             {query(checkKey, good("us", strings.Repeat("x", longestParam+1))), now, "too long", Grant{}},
	} {
		g, text := verify([]string{checkKey, "otherKey99"}, []string{checkDir}, c.q, c.at)
		if c.want == "" && text != "" || c.want != "" && !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
		if c.want != "" {
			continue
		}
		if g.Preview != c.g.Preview || g.Clients != c.g.Clients || g.Expires != now {
			t.Errorf("%s: %+v", name, g)
		}
		back, err := url.ParseQuery(strings.TrimPrefix(g.Query, "?"))
		if err != nil || back.Encode() != c.q.Encode() {
			t.Errorf("%s: carries %s, want %s", name, g.Query, c.q.Encode())
		}
	}
	if _, text := verify([]string{""}, []string{checkDir}, query("", good()), now); text == "" {
		t.Error("signed with no key")
	}
}

func TestSignedQueryOrder(t *testing.T) {
	params := map[string]string{"sign": "s", "us": "u", "t": "1", "rlimit": "2", "exper": "3", "whref": "a b&c"}
	if got := signedQuery(params); got != "?t=1&exper=3&rlimit=2&us=u&whref=a+b%26c&sign=s" {
		t.Error(got)
	}
}

func TestClientsAreCounted(t *testing.T) {
	var c clients
	now := time.Now()
	g := Grant{Clients: 2, Expires: now.Add(time.Hour)}
	for i, want := range []bool{true, true, false, true} {
		from := netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 3)})
		if got := c.admit("a", from, g, now); got != want {
			t.Errorf("client %d: %v", i, got)
		}
	}
	if !c.admit("b", netip.AddrFrom4([4]byte{10, 0, 0, 9}), g, now) {
		t.Error("another address is refused")
	}
	for i := range 2 * maxRemembered {
		c.admit(string(rune(i))+"x", netip.Addr{}, Grant{Clients: 1, Expires: now.Add(time.Duration(i) * time.Second)}, now)
	}
	if len(c.seen) > maxRemembered {
		t.Errorf("%d are remembered", len(c.seen))
	}
}

func TestReferers(t *testing.T) {
	list := []string{"good.example", "*.all.example"}
	for _, c := range []struct {
		mode    RefererMode
		referer string
		without bool
		ok      bool
	}{
		{RefererAny, "", false, true},
		{RefererAny, "https://bad.example/", false, true},
		{RefererWhite, "https://good.example/page?x=1", false, true},
		{RefererWhite, "https://GOOD.example:8443/", false, true},
		{RefererWhite, "https://www.all.example/", false, true},
		{RefererWhite, "https://all.example/", false, false},
		{RefererWhite, "https://good.example.bad.example/", false, false},
		{RefererWhite, "https://bad.example/?good.example", false, false},
		{RefererWhite, "https://good.example@bad.example/", false, false},
		{RefererWhite, "://", false, false},
		{RefererWhite, "", true, true},
		{RefererWhite, "", false, false},
		{RefererBlack, "https://good.example/", false, false},
		{RefererBlack, "https://bad.example/", false, true},
		{RefererBlack, "", false, false},
		{RefererBlack, "", true, true},
	} {
		text := (Protection{}).referer(c.referer, c.mode, list, c.without)
		if (text == "") != c.ok {
			t.Errorf("%s %q, without %v: %q", c.mode, c.referer, c.without, text)
		}
	}
}

func TestFileOf(t *testing.T) {
	for address, want := range map[string]string{
		"/vod/7/a.mp4": "7 .mp4",
		"http://host:8080/vod/7/a.m3u8?t=1&sign=x":              "7 .m3u8",
		"https://host/vod/7/a%20b%2Fc%3Fd.flv":                  "7 .flv",
		"https://host/vod/7/日本 b%2Fc.flv":                       "7 .flv",
		PlayPath(Asset{ID: 9, Name: "..", Container: "mp4"}):    "9 .mp4",
		PlayPath(Asset{ID: 9, Name: "日本/%#", Container: "hls"}): "9 .m3u8",
		"file:///vod/7/a.mp4":                                   "",
		"ftp://host/vod/7/a.mp4":                                "",
		"http://user:pw@host/vod/7/a.mp4":                       "",
		"concat:/vod/7/a.mp4":                                   "",
		"/etc/passwd":                                           "",
		"/vod/7":                                                "",
		"/vod/7/":                                               "",
		"/vod/-7/a.mp4":                                         "",
		"/vod/07/a.mp4":                                         "",
		"/vod/7/seg/0-6.ts":                                     "",
		"/vod/7/parts/cover.jpg":                                "",
		"/x/vod/7/a.mp4":                                        "",
		"":                                                      "",
		"%zz":                                                   "",
		"/vod/7/" + strings.Repeat("a", 5000) + ".mp4": "",
	} {
		id, ext, ok := FileOf(address)
		got := ""
		if ok {
			got = id.String() + " " + ext
		}
		if got != want {
			t.Errorf("%.80q: %q, want %q", address, got, want)
		}
	}
}

// FuzzPlayQuery looks for queries that are taken although nobody signed them, and for ranges that are none.
func FuzzPlayQuery(f *testing.F) {
	for _, s := range []string{
		"", "start=1&end=2", "start=-30", "start=1e3&end=nan", "end=inf", "start=0x10", "start=1&start=2", "t=5a71afc0&us=1&sign=3d8488faeb37d52d6bf63b63c1b171c3",
		"t=ffffffffff&exper=300&rlimit=3&sign=", "start=9999999999999", "whref=a,b&bkref=c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		if _, text := verify([]string{checkKey}, []string{checkDir}, q, time.Unix(0, 0)); text == "" {
			params := map[string]string{}
			for k := range q {
				params[k] = q.Get(k)
			}
			if Sign(checkKey, checkDir, params) != q.Get("sign") {
				t.Errorf("%q is taken", raw)
			}
		}
		g, err := ParseRange(q)
		if err != nil {
			return
		}
		const length = 100 * time.Second
		if from, to, ok := g.Of(length); ok && (from < 0 || to > length || from >= to) {
			t.Errorf("%q is %v to %v", raw, from, to)
		}
	})
}
