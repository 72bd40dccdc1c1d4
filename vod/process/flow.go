// Package process makes things of the catalogue's files with ffmpeg: transcodes, pictures, sprites, animated pictures and sets of renditions.
// What is made of a file is a flow; a named flow is a procedure. It knows no API and no SQL.
package process

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"aircheck/vod"
)

// Errors of Service and Store, wrapped.
var (
	// ErrExists: there is a procedure of that name.
	ErrExists = errors.New("there is a procedure of that name; change it with ResetProcedureTemplate")
	// ErrBuiltIn: the name is that of one that every application has.
	ErrBuiltIn = errors.New("a procedure of that name is built in, and cannot be changed; choose another name")
	// ErrNotFound: there is none.
	ErrNotFound = errors.New("there is no procedure of that name")
	// ErrLimit: there are as many as may be.
	ErrLimit = fmt.Errorf("there are %d procedures already; delete one that is not needed", MaxProcedures)
)

// Limits of the specification.
const (
	MaxProcedures = 50
	MaxName       = 20
	MaxComment    = 256
)

// Limits of ours.
const (
	// maxSteps is how many things a flow may make of a file, maxOffsets how many moments one snapshot task may name.
	maxSteps   = 50
	maxOffsets = 100
	// maxAnimated is how long an animated picture may be.
	maxAnimated = time.Minute
)

// Flow is what is to be made of a file. Its JSON is stored.
type Flow struct {
	Transcodes []Transcode `json:",omitempty"`
	Animations []Animation `json:",omitempty"`
	Snapshots  []Snapshot  `json:",omitempty"`
	Samples    []Sample    `json:",omitempty"`
	Sprites    []Sprite    `json:",omitempty"`
	Covers     []Cover     `json:",omitempty"`
	Adaptives  []Adaptive  `json:",omitempty"`
}

// Transcode makes a file that plays anywhere.
type Transcode struct {
	Definition int64
	// Start and End are seconds of the file; End 0 is its end, and a negative one is counted from there.
	Start, End float64
}

// Animation makes a picture that moves, of the seconds from Start to End.
type Animation struct {
	Definition int64
	Start, End float64
}

// Snapshot makes pictures of moments: "12.5s" or "50%".
type Snapshot struct {
	Definition int64
	At         []string
}

// Sample makes pictures at intervals, Sprite a picture of many small ones, and Adaptive a set of renditions to choose from.
type (
	Sample   struct{ Definition int64 }
	Sprite   struct{ Definition int64 }
	Adaptive struct{ Definition int64 }
)

// Cover makes the picture that stands for a file, of a moment: "12.5s" or "50%".
type Cover struct {
	Definition int64
	At         string
}

// Procedure is a named flow.
type Procedure struct {
	SubAppID      int64
	Name, Comment string
	Flow          Flow
	// Preset: it is built in.
	Preset           bool
	Created, Updated time.Time
}

func invalid(field, format string, args ...any) error {
	return &vod.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// prepare checks a procedure that is to be stored. *vod.InvalidError.
func (p *Procedure) prepare() error {
	switch {
	case p.Name == "":
		return invalid("Name", "must not be empty")
	case utf8.RuneCountInString(p.Name) > MaxName || !utf8.ValidString(p.Name):
		return invalid("Name", "must have at most %d characters", MaxName)
	case strings.ContainsFunc(p.Name, func(r rune) bool { return r < ' ' }):
		return invalid("Name", "must not hold control characters")
	case utf8.RuneCountInString(p.Comment) > MaxComment || !utf8.ValidString(p.Comment):
		return invalid("Comment", "must have at most %d characters", MaxComment)
	}
	return p.Flow.Validate()
}

// Validate reports the first thing in a flow that cannot be done. *vod.InvalidError.
func (f *Flow) Validate() error {
	n := f.steps()
	switch {
	case n == 0:
		return invalid("MediaProcessTask", "must have at least one task")
	case n > maxSteps:
		return invalid("MediaProcessTask", "has %d tasks, at most %d are allowed", n, maxSteps)
	}
	type made struct {
		kind       string
		definition int64
	}
	seen := map[made]bool{}
	for _, s := range f.plan() {
		if err := s.maker.check(); err != nil {
			return err
		}
		m := made{s.Kind, s.maker.definition()}
		if seen[m] {
			return invalid(s.Kind+"TaskSet", "has the Definition %d twice; the second would take the place of the first", m.definition)
		}
		seen[m] = true
	}
	return nil
}

func (f *Flow) steps() int {
	return len(f.Transcodes) + len(f.Animations) + len(f.Snapshots) + len(f.Samples) + len(f.Sprites) + len(f.Covers) + len(f.Adaptives)
}

// unknown is the error for a definition that no table has.
func unknown[T any](task string, definition int64, table map[int64]T) error {
	return invalid(task+".Definition", "there is no %d; there are %s", definition, names(table))
}

// span checks the seconds of a Transcode or Animation.
func span(task string, start, end float64) error {
	switch {
	case !(start >= 0 && start < maxSecond):
		return invalid(task+".StartTimeOffset", "must be a number of seconds from 0 on")
	case math.IsNaN(end) || math.Abs(end) >= maxSecond || end > 0 && end <= start:
		return invalid(task+".EndTimeOffset", "must be behind StartTimeOffset")
	}
	return nil
}

// maxSecond is more than any file lasts.
const maxSecond = 1e8

// moment is a place in a file of that length: "12.5s", "50%". A place behind the end is the last one there is.
func moment(at string, length time.Duration) (time.Duration, error) {
	text, percent := strings.CutSuffix(at, "%")
	if !percent {
		text, _ = strings.CutSuffix(at, "s")
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v < maxSecond) || percent && v > 100 {
		return 0, fmt.Errorf("%q is no moment: write seconds as 12.5s, or a part of the file as 50%%", at)
	}
	t := time.Duration(v * float64(time.Second))
	if percent {
		t = time.Duration(v / 100 * float64(length))
	}
	return max(0, min(t, length-lastMoment)), nil
}

// lastMoment is how far before the end of a file there is a picture for sure, or nearly so.
const lastMoment = 100 * time.Millisecond
