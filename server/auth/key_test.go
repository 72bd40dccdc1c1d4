package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestVerifyPublishedValue(t *testing.T) {
	k := Key{Enable: true, Master: "e12c46f2612d5106e2034781ab261ca3"}
	at := time.Unix(0x5C271099, 0)
	if _, err := k.Verify("test", "f85a2ab363fe4deaffef9754d79da6fe", "5C271099", at); err != nil {
		t.Error(err)
	}
	if got := k.Sign("test", at); got != "txSecret=f85a2ab363fe4deaffef9754d79da6fe&txTime=5C271099" {
		t.Errorf("Sign gave %s", got)
	}
}

func TestVerify(t *testing.T) {
	k := Key{Enable: true, Master: "master", Backup: "backup", Delta: time.Minute}
	now := time.Unix(1_700_000_000, 0)
	signed := func(key Key, stream string, expiry time.Time) (string, string) {
		q, err := url.ParseQuery(key.Sign(stream, expiry))
		if err != nil {
			t.Fatal(err)
		}
		return q.Get("txSecret"), q.Get("txTime")
	}
	good, goodTime := signed(k, "a", now.Add(time.Hour))
	backup, backupTime := signed(Key{Master: "backup"}, "a", now.Add(time.Hour))
	lower := hexMD5("mastera" + strings.ToLower(goodTime))
	sum := sha256.Sum256([]byte("mastera" + goodTime))
	noKey, noKeyTime := signed(Key{}, "a", now.Add(time.Hour))
	last, lastTime := signed(k, "a", now)
	late, lateTime := signed(k, "a", now.Add(-time.Second))
	last8, huge := "FFFFFFFF", "7FFFFFFFFFFFFFFF"
	for _, c := range []struct {
		name, stream, secret, time string
		want                       error
	}{
		{"master", "a", good, goodTime, nil},
		{"secret in upper case", "a", strings.ToUpper(good), goodTime, nil},
		{"time hashed as written", "a", lower, strings.ToLower(goodTime), nil},
		{"SHA-256", "a", hex.EncodeToString(sum[:]), goodTime, nil},
		{"backup", "a", backup, backupTime, nil},
		{"last second of Delta", "a", last, lastTime, nil},
		{"far future", "a", hexMD5("mastera" + last8), last8, nil},
		{"farther than 8 digits", "a", hexMD5("mastera" + huge), huge, ErrKeyWrong},
		{"of the stream a1, which ends in a digit", "a", hexMD5("mastera1" + goodTime), "1" + goodTime, ErrKeyWrong},
		{"of the stream a0", "a", hexMD5("mastera0" + goodTime), "0" + goodTime, ErrKeyWrong},
		{"of the stream a+", "a", hexMD5("mastera+" + goodTime), "+" + goodTime, ErrKeyWrong},
		{"of the stream a, for a longer name", "a" + goodTime[:1], good, goodTime[1:], ErrKeyWrong},
		{"expired", "a", late, lateTime, ErrKeyExpired},
		{"another stream", "b", good, goodTime, ErrKeyWrong},
		{"another time", "a", good, lateTime, ErrKeyWrong},
		{"time in another case", "a", good, strings.ToLower(goodTime), ErrKeyWrong},
		{"an empty key signs nothing", "a", noKey, noKeyTime, ErrKeyWrong},
		{"time is no number", "a", hexMD5("masterazz"), "zz", ErrKeyWrong},
		{"time is negative", "a", hexMD5("mastera-1"), "-1", ErrKeyWrong},
		{"nothing", "a", "", "", ErrKeyMissing},
		{"no secret", "a", "", goodTime, ErrKeyMissing},
		{"no time", "a", good, "", ErrKeyMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := k
			if c.name == "an empty key signs nothing" {
				k = Key{}
			}
			cred, err := k.Verify(c.stream, c.secret, c.time, now)
			if !errors.Is(err, c.want) || (cred == "") != (err != nil) {
				t.Errorf("credential %q, error %v, want %v", cred, err, c.want)
			}
		})
	}
	a, _ := k.Verify("a", good, goodTime, now)
	b, _ := k.Verify("a", backup, backupTime, now)
	if a == b || strings.Contains(a, "master") {
		t.Errorf("credentials %q and %q", a, b)
	}
}

func TestNewKeyIsRandomAndWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewKey(), NewKey()
		if a.Master == b.Master || len(a.Master) < 20 || a.validate(pushKeyFields()) != nil {
			t.Errorf("keys %q and %q", a.Master, b.Master)
		}
	})
}

func TestValidateKey(t *testing.T) {
	for _, c := range []struct {
		field string
		key   Key
	}{
		{"", Key{Enable: true, Master: "x"}},
		{"", Key{}},
		{"MasterAuthKey", Key{Enable: true}},
		{"MasterAuthKey", Key{Master: "a b"}},
		{"MasterAuthKey", Key{Master: strings.Repeat("x", 129)}},
		{"BackupAuthKey", Key{Enable: true, Master: "x", Backup: "é"}},
		{"AuthDelta", Key{Delta: -1}},
		{"AuthDelta", Key{Delta: MaxAuthDelta + time.Second}},
	} {
		var bad *InvalidError
		errors.As(c.key.validate(pushKeyFields()), &bad)
		if (bad == nil) != (c.field == "") || bad != nil && bad.Field != c.field {
			t.Errorf("%+v: %v, want field %q", c.key, bad, c.field)
		}
	}
}
