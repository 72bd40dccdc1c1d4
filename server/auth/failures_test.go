package auth

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
)

// TestFailuresWait: after some failures an address waits, longer after each, and is forgotten in the end.
func TestFailuresWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &Failures{Log: slog.New(slog.NewTextHandler(&log, nil))}
		a, neighbour, far := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:1::1")
		for range freeFailures - 1 {
			f.Note(a, ErrKeyWrong)
			if err := f.Check(a); err != nil {
				t.Fatal("too early:", err)
			}
		}
		for wait := firstFailureWait; wait < longestFailureWait; wait *= 2 {
			f.Note(a, ErrKeyWrong)
			if err := f.Check(neighbour); !errors.Is(err, ErrTooManyFailures) || !strings.Contains(err.Error(), "try again in") {
				t.Errorf("who shares the /64 after %v: %v", wait, err)
			}
			if err := f.Check(far); err != nil {
				t.Error("another network:", err)
			}
			time.Sleep(wait - time.Millisecond)
			if f.Check(a) == nil {
				t.Errorf("let in before %v", wait)
			}
			time.Sleep(time.Millisecond)
			if err := f.Check(a); err != nil {
				t.Errorf("after %v: %v", wait, err)
			}
		}
		for range 100 {
			f.Note(a, ErrKeyWrong)
		}
		time.Sleep(longestFailureWait)
		if err := f.Check(a); err != nil {
			t.Error("longer than the longest:", err)
		}
		if n := strings.Count(log.String(), "wrong keys"); n != 1 {
			t.Errorf("told %d times", n)
		}
		if st := f.Stats(); st.Addresses != 1 || st.Waiting != 0 || st.Failures < 110 || st.Refused < 10 {
			t.Errorf("%+v", st)
		}
		time.Sleep(failureMemory)
		if st := f.Stats(); st.Addresses != 0 {
			t.Errorf("not forgotten: %+v", st)
		}
	})
}

// TestWhatFails: a key that is absent or old is no failure, and this machine does not wait unless that is wanted.
func TestWhatFails(t *testing.T) {
	f := &Failures{}
	there := netip.MustParseAddr("192.0.2.7")
	for range 2 * freeFailures {
		for _, err := range []error{
			nil, ErrKeyMissing, ErrKeyExpired, ErrDomainForbidden, ErrTooManyFailures, errors.New("other"), &Failure{Code: CodeSignatureExpire},
		} {
			f.Note(there, err)
		}
		for _, local := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.9"} {
			f.Note(netip.MustParseAddr(local), ErrKeyWrong)
		}
		f.Note(netip.Addr{}, ErrKeyWrong)
	}
	if st := f.Stats(); st != (FailureStats{}) {
		t.Errorf("%+v", st)
	}
	for _, err := range []error{
		fmt.Errorf("%w: %w", ErrDenied, ErrKeyWrong), ErrHookRefused, &Failure{Code: CodeSignatureFailure}, &Failure{Code: CodeSecretIDNotFound},
	} {
		f.Note(there, err)
	}
	if st := f.Stats(); st.Failures != 4 {
		t.Errorf("%+v", st)
	}
	own := &Failures{Own: true}
	for range freeFailures {
		own.Note(netip.MustParseAddr("::1"), ErrKeyWrong)
	}
	if st := own.Stats(); st.Waiting != 1 || own.Check(netip.Addr{}) != nil {
		t.Errorf("this machine does not wait: %+v", st)
	}
	var none *Failures
	none.Note(there, ErrKeyWrong)
	if none.Check(there) != nil || none.Stats() != (FailureStats{}) {
		t.Error("nil remembers")
	}
}

// TestFailuresAreBounded: of more addresses than are remembered, those stay that failed last.
func TestFailuresAreBounded(t *testing.T) {
	f := &Failures{maximum: 100}
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }
	for i := range 1000 {
		for range freeFailures {
			f.Note(address(i), ErrKeyWrong)
		}
	}
	if st := f.Stats(); st.Addresses != 100 || st.Waiting != 100 || f.order.Len() != 100 {
		t.Errorf("%+v, %d", st, f.order.Len())
	}
	if f.Check(address(999)) == nil || f.Check(address(0)) != nil {
		t.Error("the wrong ones are remembered")
	}
}

// TestGuessingIsStopped: a good key does not help while its address has to wait.
func TestGuessingIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDomains(t)
		k, err := s.PushKey("localhost")
		if err != nil {
			t.Fatal(err)
		}
		p := &Publish{Domains: s, Failures: &Failures{}}
		r := PushRequest{Host: "x", App: "live", Stream: "cam", Remote: netip.MustParseAddrPort(there), Local: netip.MustParseAddrPort(there)}
		for i := range freeFailures {
			r.Params = fmt.Sprintf("txSecret=%02d&txTime=FFFFFFFF", i)
			if _, err := p.Authorize(r); !errors.Is(err, ErrKeyWrong) {
				t.Fatal(err)
			}
		}
		r.Params = k.Sign("cam", time.Now().Add(time.Hour))
		if _, err := p.Authorize(r); !errors.Is(err, ErrTooManyFailures) || !errors.Is(err, ErrDenied) {
			t.Error(err)
		}
		time.Sleep(firstFailureWait)
		if _, err := p.Authorize(r); err != nil {
			t.Error(err)
		}
	})
}

// TestRepetitionIsNoGuess: who tries the same wrong key for ever locks nobody out, and who tries others does.
func TestRepetitionIsNoGuess(t *testing.T) {
	s := newDomains(t)
	p := &Publish{Domains: s, Failures: &Failures{}}
	play := &Play{Domains: s, Failures: &Failures{}, Live: func(string, string) []media.StreamKey { return nil }}
	r := PushRequest{Host: "x", App: "live", Stream: "cam", Remote: netip.MustParseAddrPort(there), Local: netip.MustParseAddrPort(there)}
	ask := func() (pushed, played error) {
		_, pushed = p.Authorize(r)
		_, played = play.Authorize(PlayRequest{
			Host: r.Host, App: r.App, Stream: r.Stream, Params: r.Params, Credentials: r.Credentials, Remote: r.Remote, Local: r.Local,
		})
		return pushed, played
	}
	for i := range 5 * knownGuesses {
		r.Params = fmt.Sprintf("txSecret=%02d&txTime=FFFFFFFF", i%knownGuesses)
		if pushed, played := ask(); !errors.Is(pushed, ErrKeyWrong) || !errors.Is(played, ErrKeyWrong) {
			t.Fatal(i, pushed, played)
		}
	}
	if st := p.Failures.Stats(); st.Failures != 5*knownGuesses || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	r.Params, r.Credentials = "", &Credentials{User: "camera", Matches: func(string) bool { return false }}
	for range freeFailures {
		_, _ = ask()
	}
	if pushed, played := ask(); !errors.Is(pushed, ErrTooManyFailures) || !errors.Is(played, ErrTooManyFailures) {
		t.Error("passwords can be guessed:", pushed, played)
	}
}
