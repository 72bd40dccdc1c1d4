package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// keyTable is an AccessKeyStore in memory.
type keyTable struct {
	mu   sync.Mutex
	rows []AccessKey
	uses []map[string]time.Time
	err  error
}

func (k *keyTable) AccessKeys(context.Context) ([]AccessKey, error) { return k.rows, k.err }

func (k *keyTable) CreateAccessKey(_ context.Context, row AccessKey) error {
	k.rows = append(k.rows, row)
	return k.err
}
func (k *keyTable) SetAccessKeyActive(context.Context, string, bool) error { return k.err }
func (k *keyTable) DeleteAccessKey(context.Context, string) error          { return k.err }

func (k *keyTable) UseAccessKeys(_ context.Context, used map[string]time.Time, _ string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.uses = append(k.uses, used)
	return k.err
}

func openKeys(t *testing.T, rows *keyTable) *AccessKeys {
	t.Helper()
	a := &AccessKeys{Store: rows, First: AccessKey{ID: "first", Secret: "s1"}}
	if err := a.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// TestAccessKeysInForce checks that changes are in force at once, that what is not stored is not, and what the first key is.
func TestAccessKeysInForce(t *testing.T) {
	rows := &keyTable{rows: []AccessKey{
		{ID: "old", Secret: "s2", Active: true}, {ID: "off", Secret: "s3"}, {ID: "first", Secret: "not this one"}, {ID: "formerly first", Active: true},
	}}
	a := openKeys(t, rows)
	ctx := t.Context()
	good := func(id, secret string) bool {
		got, ok := a.SecretKey(id)
		return ok && got == secret
	}
	if !good("first", "s1") || !good("old", "s2") || good("off", "s3") || good("formerly first", "") || good("none", "") {
		t.Error("after Open")
	}
	k, err := a.Create(ctx, "for é")
	if err != nil || len(k.ID) != 36 || !strings.HasPrefix(k.ID, "AKID") || len(k.Secret) != 32 || !good(k.ID, k.Secret) {
		t.Errorf("%+v, %v", k, err)
	}
	if again, err := a.Create(ctx, ""); err != nil || again.ID == k.ID || again.Secret == k.Secret || again.Secret == again.ID[4:] {
		t.Errorf("%+v, %v", again, err)
	}
	for _, bad := range []string{strings.Repeat("é", 1025), "a\nb", "\x00"} {
		var invalid *InvalidError
		if _, err := a.Create(ctx, bad); !errors.As(err, &invalid) {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	if err := a.SetActive(ctx, k.ID, false); err != nil || good(k.ID, k.Secret) {
		t.Error("disabled:", err)
	}
	if err := a.SetActive(ctx, k.ID, true); err != nil || !good(k.ID, k.Secret) {
		t.Error("enabled:", err)
	}
	if err := a.Delete(ctx, k.ID); err != nil || good(k.ID, k.Secret) {
		t.Error("deleted:", err)
	}
	for _, err := range []error{a.Delete(ctx, "first"), a.SetActive(ctx, "first", false)} {
		if !errors.Is(err, ErrAccessKeyFixed) {
			t.Error(err)
		}
	}
	rows.err = ErrAccessKeyNotFound
	if err := a.Delete(ctx, "old"); !errors.Is(err, ErrAccessKeyNotFound) || !good("old", "s2") {
		t.Error("not stored:", err)
	}
	rows.err = nil
	list := a.List()
	if len(list) != 4 || !list[0].First || list[0].ID != "first" {
		t.Errorf("%+v", list)
	}
	for _, k := range list {
		if k.Secret != "" {
			t.Errorf("%s is listed with its secret", k.ID)
		}
	}
}

// TestAccessKeyUse checks that uses are written down, once a minute at most, and the last of them at the end.
func TestAccessKeyUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &keyTable{rows: []AccessKey{{ID: "a", Secret: "s", Active: true}}}
		a := &AccessKeys{Store: rows, First: AccessKey{ID: "first", Secret: "s1"}}
		if err := a.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 150 { // seconds
			a.Use("a")
			a.Use("none")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if len(rows.uses) != 3 {
			t.Errorf("written %d times: %v", len(rows.uses), rows.uses)
		}
		if used := a.List()[1].Used; time.Since(used) > useEvery {
			t.Errorf("used at %s", used)
		}
		a.Use("first")
		a.Close()
		if last := rows.uses[len(rows.uses)-1]; last["first"].IsZero() {
			t.Errorf("lost: %v", rows.uses)
		}
		a.Use("a") // by a call that is still under way
	})
}
