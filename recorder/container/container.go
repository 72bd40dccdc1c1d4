// Package container is what the file formats have in common: the interface through which the recorder
// writes, finishes, repairs and reads them. A format is pure: it turns units into bytes, and bytes into
// units; it opens no file, reads no clock and starts no goroutine.
package container

import (
	"errors"
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
)

// ErrUnsupported is wrapped by NewWriter when the format cannot carry a codec.
var ErrUnsupported = errors.New("codec not supported by this format")

// ErrCorrupt is wrapped by Scan, Probe and Finish when bytes are not what the format allows.
var ErrCorrupt = errors.New("corrupt file")

// Format is one file format.
type Format interface {
	// Name is the short lower-case name: "flv", "mp4". It is the file name extension while a file is recorded, and but for a
	// Playlisted format also of the finished file.
	Name() string
	// ContentType is the media type served over HTTP.
	ContentType() string
	// Supports reports whether the format can carry the codec.
	Supports(c media.Codec) bool
	// NewWriter starts a file with these tracks, ordered by ID. It returns ErrUnsupported, wrapped, naming the codec.
	NewWriter(tracks []*media.Track) (Writer, error)
	// Finish computes what turns a file of whole units into a finished one. It needs nothing but the index
	// that the Writer (or Scan) gave out, so that a crashed file is finished in just the same way.
	Finish(f Unfinished) (Ending, error)
	// Probe reads the tracks from the head of a file, finished or not.
	Probe(r io.ReaderAt, size int64) ([]*media.Track, error)
	// Scan reads an unfinished file from offset from (0, or the end of a write group) and emits index parts for each
	// whole unit it finds. It returns how many bytes of the file are whole: the rest is to be cut off. It never
	// allocates more than the file justifies.
	Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(part []byte) error) (valid int64, err error)
	// Read yields the units of a file, finished or not, in the order of the file; DTS starts at the
	// file's own zero. It stops at the first error.
	Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error]
}

// Writer turns units into the bytes of one file. All Append calls together, in order and without gaps,
// are the file; it counts offsets itself. The methods append to dst and return it.
type Writer interface {
	// Header appends what opens the file; called once, first. base is the file's time zero: the lowest DTS of its
	// first units. The file's times are relative to it for all tracks alike, so the offset between sound and
	// picture stays exact.
	Header(dst []byte, base time.Duration) []byte
	// Append takes the next unit of one of the tracks, and releases it once its bytes are appended; it may keep units back to
	// group them. Units without payload are left out of the file: they carry nothing to decode. On an error nothing was taken
	// or appended.
	Append(dst []byte, u *media.Unit) ([]byte, error)
	// Flush appends everything kept back. The file is whole and playable up to here afterwards.
	Flush(dst []byte) []byte
	// Pending reports the age, in media time, of the oldest unit kept back, its track's last unit
	// included with the duration it is going to have; 0 when there is none.
	Pending() time.Duration
	// Index appends a compact description of all units given out since the last call, for the
	// journal and for Finish. Empty when nothing was given out.
	Index(dst []byte) []byte
}

// Playlisted is a Format whose files are played through a playlist beside them (RFC 8216). Its Writer is a Lister.
type Playlisted interface {
	Format
	// MediaName is what the playlist calls the file: "media.ts".
	MediaName(tracks []*media.Track) string
}

// Lister is a Writer that keeps a playlist.
type Lister interface {
	Writer
	// Playlist appends what the playlist has grown by since the last call: first its head, then whole entries. They
	// describe bytes that were given out. Empty when nothing was completed.
	Playlist(dst []byte) []byte
}

// Continuer is a Writer whose file can go on when its tracks or the time line change.
type Continuer interface {
	Writer
	// Continue goes on with these tracks, ordered by ID. base is the lowest DTS of their first units. If the time line jumped, they
	// follow the units before them at once; otherwise their times go on as they are. Continue returns the file's zero on the time
	// line of the units to come: what base was to Header. It returns ErrUnsupported, wrapped, if the file cannot go on with the
	// tracks; nothing was appended then, and the writer is as before.
	Continue(dst []byte, tracks []*media.Track, base time.Duration, jumped bool) (out []byte, zero time.Duration, err error)
}

// Splicer is a Writer whose file can go on after its stream was interrupted, with what another session brings.
type Splicer interface {
	Writer
	// Suspend completes what would otherwise wait for the units to come: a playlist tells of all of the file then. Flush comes first.
	Suspend()
	// End is where the media so far ends, relative to the file's zero.
	End() time.Duration
	// Splice goes on behind an interruption of that length, not below 0, with these tracks, ordered by ID. base is the lowest DTS of
	// their first units. Nothing may be kept back. Results and errors are those of Continuer's Continue.
	Splice(dst []byte, tracks []*media.Track, base, gap time.Duration) (out []byte, zero time.Duration, err error)
}

// Resumer is a Format whose unfinished files can go on in another process. Its Writers are Splicers.
type Resumer interface {
	Format
	// Resume makes the Writer of a file again from its index, and tells what is in it. Of the file, r, it reads no more than it must.
	// Splice is to be called before Append. It returns ErrCorrupt, wrapped, for an index that does not make sense, and
	// ErrUnsupported for one that does not tell enough.
	Resume(f Unfinished, r io.ReaderAt) (Splicer, Summary, error)
}

// Holed is a Writer whose file holds no times, so that time which passed without media is not in it.
type Holed interface {
	Writer
	// Hole tells of the time that the file lacks in front of the unit that Append took last: its place in the file, and how long
	// it is. Both are 0 when there is none.
	Hole() (at, missing time.Duration)
}

// Expectant is a Format whose files may have tracks that have not delivered anything when the file begins, and may never.
type Expectant interface {
	Format
	// Expects reports whether a file of these tracks plays although some of them are silent.
	Expects(tracks []*media.Track) bool
}

// Single is a Format for one kind of track: the other kind is left out without a word.
type Single interface{ Only() media.Kind }

// Unfinished describes a file to be finished.
type Unfinished struct {
	// Tracks as given to NewWriter.
	Tracks []*media.Track
	// Size is the length of the file: whole units only.
	Size int64
	// Index yields all index parts in order; a second run yields the same.
	Index iter.Seq2[[]byte, error]
	// IndexSize is about how many bytes the index has, so that room can be made at once; 0 if that is not known.
	IndexSize int64
	// Start is when the file's zero was received, as far as the index does not tell such times better.
	Start time.Time
}

// Ending is what finishes a file: append Trailer, sync, then write the patches in order.
type Ending struct {
	Trailer []byte
	Patches []Patch
	// Playlist writes the finished playlist of a Playlisted format. It reads the index anew: a playlist may be larger than what
	// one would like to hold in memory.
	Playlist func(w io.Writer) error
	Summary  Summary
}

// Patch overwrites bytes that the header reserved. It is at most 16 KiB long.
type Patch struct {
	Offset int64
	Bytes  []byte
}

// Summary is what a finished file holds.
type Summary struct {
	// Duration from the first presentation time to the end of the last unit.
	Duration time.Duration
	Tracks   []TrackSummary
}

// TrackSummary is what a finished file holds of one track.
type TrackSummary struct {
	Track *media.Track
	Units int64
	Bytes int64
	// First and Last presentation time, relative to the file's zero.
	First, Last time.Duration
}
