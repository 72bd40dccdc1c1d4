package auth

import (
	"container/list"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrTooManyFailures is wrapped by what Failures.Check returns.
var ErrTooManyFailures = errors.New("too many failures from this address")

const (
	// freeFailures is how many wrong keys an address may bring before it has to wait.
	freeFailures = 10
	// The first wait, which each failure then doubles, and the longest.
	firstFailureWait   = time.Second
	longestFailureWait = 5 * time.Minute
	// failureMemory is how long after its last failure an address is forgotten.
	failureMemory = 15 * time.Minute
	// maxFailing is how many addresses are remembered: beyond that, those are forgotten whose last failure is the longest ago.
	maxFailing = 10000
	// network6 is how many bits of an IPv6 address count: whoever has one has all that share them.
	network6 = 64
	// knownGuesses is how many wrong keys of an address are told from new ones.
	knownGuesses = 8
)

// Failures remembers addresses that brought wrong keys, passwords or signatures, and has them wait for longer and longer: while they do,
// nothing of theirs is looked at, good keys neither, or guessing would go on. A key that is missing or has expired is no failure, and one
// that comes again is no guess: a player that tries the same for ever must not lock out everybody behind its address. This machine's own
// addresses wait only with Own. A nil *Failures remembers nothing.
type Failures struct {
	// Of whom, for the log: "publishers".
	Of string
	// Own has this machine's own addresses wait, too.
	Own bool
	Log *slog.Logger

	mu      sync.Mutex
	known   map[netip.Prefix]*list.Element
	order   list.List // of *failing, the last failure the longest ago first
	stats   FailureStats
	maximum int // tests
	seed    maphash.Seed
}

// FailureStats is a snapshot of Failures.
type FailureStats struct {
	// Addresses are remembered, Waiting of them have to wait.
	Addresses, Waiting int
	// So far, there were Failures, and Refused requests came too early.
	Failures, Refused int64
}

type failing struct {
	network netip.Prefix
	count   int
	last    time.Time
	until   time.Time
	// guesses are the last ones.
	guesses []uint64
}

// Check returns a wrapped ErrTooManyFailures, with how long to wait, if that address must.
func (f *Failures) Check(a netip.Addr) error {
	network, ok := f.networkOf(a)
	if !ok {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	place := f.known[network]
	if place == nil {
		return nil
	}
	left := time.Until(place.Value.(*failing).until)
	if left <= 0 {
		return nil
	}
	f.stats.Refused++
	return fmt.Errorf("%w: try again in %s", ErrTooManyFailures, left.Truncate(time.Second)+time.Second)
}

// Note counts an error as a failure of an address, if it is one of a wrong key, password or signature, or a hook's no. guess is what was
// brought and for what, by which a repetition is known; empty if that cannot be told.
func (f *Failures) Note(a netip.Addr, err error, guess ...string) {
	network, ok := f.networkOf(a)
	if !ok || !isFailure(err) {
		return
	}
	if count, wait := f.note(network, time.Now(), guess); count == freeFailures && f.Log != nil {
		f.Log.Warn("an address brings wrong keys; it has to wait, longer after each", "address", network.String(), "of", f.Of,
			"failures", count, "wait", wait, "error", err)
	}
}

// isFailure tells wrong keys from keys that are missing or have expired, which everybody has who copies an old address.
func isFailure(err error) bool {
	var api *Failure
	if errors.As(err, &api) {
		return api.Code == CodeSignatureFailure || api.Code == CodeSecretIDNotFound
	}
	return errors.Is(err, ErrKeyWrong) || errors.Is(err, ErrHookRefused)
}

// note returns how many failures there have been, 0 if this one has been counted before.
func (f *Failures) note(network netip.Prefix, now time.Time, guess []string) (count int, wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Failures++
	place := f.known[network]
	if place == nil {
		place = f.add(network)
	}
	x := place.Value.(*failing)
	if now.Sub(x.last) > failureMemory {
		x.count, x.guesses = 0, nil
	}
	x.last = now
	f.order.MoveToBack(place)
	if f.again(x, guess) {
		return 0, 0
	}
	x.count++
	if over := x.count - freeFailures; over >= 0 {
		wait = min(firstFailureWait<<min(over, 20), longestFailureWait)
		x.until = now.Add(wait)
	}
	return x.count, wait
}

// again reports whether an address has brought that before, and notes it.
func (f *Failures) again(x *failing, guess []string) bool {
	if len(guess) == 0 {
		return false
	}
	if f.seed == (maphash.Seed{}) {
		f.seed = maphash.MakeSeed()
	}
	sum := maphash.String(f.seed, strings.Join(guess, "\x00"))
	if slices.Contains(x.guesses, sum) {
		return true
	}
	if len(x.guesses) == knownGuesses {
		x.guesses = x.guesses[1:]
	}
	x.guesses = append(x.guesses, sum)
	return false
}

func (f *Failures) add(network netip.Prefix) *list.Element {
	if f.known == nil {
		f.known = map[netip.Prefix]*list.Element{}
	}
	most := f.maximum
	if most == 0 {
		most = maxFailing
	}
	if len(f.known) >= most {
		delete(f.known, f.order.Remove(f.order.Front()).(*failing).network)
	}
	place := f.order.PushBack(&failing{network: network})
	f.known[network] = place
	return place
}

// Stats returns a snapshot, and forgets whom it is time to forget.
func (f *Failures) Stats() FailureStats {
	if f == nil {
		return FailureStats{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for place := f.order.Front(); place != nil; place = f.order.Front() {
		x := place.Value.(*failing)
		if now.Sub(x.last) <= failureMemory {
			break
		}
		f.order.Remove(place)
		delete(f.known, x.network)
	}
	out := f.stats
	out.Addresses = len(f.known)
	for place := f.order.Front(); place != nil; place = place.Next() {
		if now.Before(place.Value.(*failing).until) {
			out.Waiting++
		}
	}
	return out
}

// networkOf returns what counts of an address, and false for one that never waits.
func (f *Failures) networkOf(a netip.Addr) (netip.Prefix, bool) {
	a = a.Unmap().WithZone("")
	if f == nil || !a.IsValid() || a.IsLoopback() && !f.Own {
		return netip.Prefix{}, false
	}
	bits := a.BitLen()
	if a.Is6() {
		bits = network6
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}

// Forget forgets all failures.
func (f *Failures) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.known)
	f.order.Init()
}
