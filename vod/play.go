package vod

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// PlayPrefix is where Player is mounted.
const PlayPrefix = "/vod/"

// containerHLS is the container that is played through its playlist (RFC 8216).
const containerHLS = "hls"

// PlayPath is the address of an asset without scheme and host: "/vod/{FileId}/{name}.{ext}".
func PlayPath(a Asset) string {
	ext := a.Container
	if a.Container == containerHLS {
		ext = "m3u8"
	}
	return PlayPrefix + a.ID.String() + "/" + url.PathEscape(a.Name) + "." + ext
}

// Player serves the files of assets under PlayPrefix, also while they are recorded. An asset is found by its FileId; the name
// in the address is for people and its extension tells the playlist from the media that it names.
type Player struct {
	Store Store
	// Storages by ID.
	Storages map[string]Storage
	Log      *slog.Logger
}

// ServeHTTP answers GET, HEAD (both with ranges) and OPTIONS.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.serve(w, r)
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since")
		h.Set("Access-Control-Max-Age", "86400")
		h.Set("Allow", "GET, HEAD, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "recordings can be read with GET and HEAD only; delete them with the action DeleteMedia",
			http.StatusMethodNotAllowed)
	}
}

func (p *Player) serve(w http.ResponseWriter, r *http.Request) {
	f, err := p.find(r)
	var object, beside *Object
	if err == nil {
		object, beside, err = p.open(f)
	}
	if err != nil && f.Status == StatusRecording {
		// It may have been finished and put in its place meanwhile.
		if f, err = p.find(r); err == nil {
			object, beside, err = p.open(f)
		}
	}
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	defer object.Close()
	if beside != nil {
		defer beside.Close()
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, Content-Disposition, ETag")
	if d := r.URL.Query().Get("download"); d != "" && d != "0" {
		h.Set("Content-Disposition", attachment(f.Name+f.ext))
	}
	if f.Container == containerHLS {
		if done, err := p.serveRendition(w, r, f, object, beside); done || err != nil {
			if err != nil {
				p.refuse(w, r, err)
			}
			return
		}
	}
	if f.Status == StatusRecording {
		serveGrowing(w, r, f, object)
		return
	}
	// A file never changes under its FileId, but it may be deleted.
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag(object))
	http.ServeContent(w, r, "", object.ModTime, object.ReadSeekCloser)
}

// serveGrowing serves what there is of a file being recorded.
func serveGrowing(w http.ResponseWriter, r *http.Request, f playable, object *Object) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	content := frozen{object, object.Size}
	if f.playlist {
		size, err := wholeEntries(object, object.Size)
		if err != nil {
			http.Error(w, fmt.Sprintf("the playlist of file %s cannot be read", f.ID), http.StatusServiceUnavailable)
			return
		}
		content.size = size
	} else {
		h.Set("ETag", f.etag(object))
	}
	// What grew since is not what it was, whatever its tag: a client that asks for all of it wants the rest.
	r = r.Clone(r.Context())
	r.Header.Del("If-None-Match")
	// Without a time: it would say for a whole second that nothing has changed.
	http.ServeContent(w, r, "", time.Time{}, content)
}

// frozen is a growing file as it was at one moment, so that the length told is the length served.
type frozen struct {
	io.ReadSeeker
	size int64
}

// Seek seeks.
func (f frozen) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		offset, whence = offset+f.size, io.SeekStart
	}
	return f.ReadSeeker.Seek(offset, whence)
}

// maxEntry is more than the last entry of a playlist has, in bytes.
const maxEntry = 4 << 10

// wholeEntries returns how much of a growing playlist can be shown: up to the last whole line with an address, which ends an
// entry. What is being written, or was when the server was killed, may be half a line.
func wholeEntries(playlist io.ReadSeeker, size int64) (int64, error) {
	from := max(0, size-maxEntry)
	if _, err := playlist.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	tail := make([]byte, size-from)
	if _, err := io.ReadFull(playlist, tail); err != nil {
		return 0, err
	}
	tail = tail[:bytes.LastIndexByte(tail, '\n')+1]
	for end := len(tail); end > 0; {
		start := bytes.LastIndexByte(tail[:end-1], '\n') + 1
		if first := tail[start]; first != '#' && first != '\n' {
			return from + int64(end), nil
		}
		end = start
	}
	return from + int64(len(tail)), nil
}

// failure is an error with the status to answer with. Its text is for the client, its cause, if it has one, for the log.
type failure struct {
	status int
	text   string
	cause  error
}

// Error returns the text.
func (f *failure) Error() string { return f.text }

func notFound(format string, args ...any) error {
	return &failure{status: http.StatusNotFound, text: fmt.Sprintf(format, args...)}
}

func (p *Player) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *failure
	if !errors.As(err, &known) {
		p.Log.Error("look up a file to be played", "path", r.URL.Path, "error", err)
		known = &failure{status: http.StatusInternalServerError, text: "the catalogue cannot be read"}
	}
	if known.cause != nil {
		p.Log.Warn("file of the catalogue cannot be opened", "path", r.URL.Path, "error", known.cause)
	}
	http.Error(w, known.text, known.status)
}

// playable is one of an asset's files: its media or its playlist.
type playable struct {
	Asset
	// key is where it lies; ext has its dot.
	key, ext    string
	contentType string
	playlist    bool
}

// find returns the file that the request is about.
func (p *Player) find(r *http.Request) (playable, error) {
	var none playable
	first, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, PlayPrefix), "/")
	if !ok || rest == "" {
		return none, notFound("recordings are at %s{FileId}/{name}.{ext}; SearchMedia and DescribeMediaInfos tell the address of each",
			PlayPrefix)
	}
	id, err := ParseFileID(first)
	if err != nil {
		return none, notFound("%q is not a FileId, which is a positive decimal number", first)
	}
	found, err := p.Store.AssetsByID(r.Context(), []FileID{id})
	if err != nil {
		return none, err
	}
	if len(found) == 0 {
		return none, notFound("there is no file %s: it was deleted, has expired, or never was", id)
	}
	f := found[0].playable(storedExt(r.URL))
	if f.key == "" {
		return none, notFound("file %s is at %s", id, PlayPath(found[0]))
	}
	return f, nil
}

// playable returns the file that an address with this extension means; its key is empty if there is none.
func (a Asset) playable(ext string) playable {
	f := playable{Asset: a, ext: ext, contentType: a.contentType(ext)}
	media := ext == "."+a.Container
	if a.Container == containerHLS {
		media = ext == ".ts" || ext == ".mp4"
		if a.Status != StatusRecording { // until then only the playlist knows which
			media = media && ext == path.Ext(a.ObjectKey)
		}
		f.playlist = ext == ".m3u8"
	}
	switch {
	case media:
		f.key = a.ObjectKey
	case f.playlist:
		f.key = a.PlaylistKey
	}
	return f
}

// contentType is the media type of an asset's file with this extension.
func (a Asset) contentType(ext string) string {
	kind := "audio"
	for _, t := range a.Tracks {
		if t.Kind == "video" {
			kind = "video"
		}
	}
	switch ext {
	case ".flv":
		return "video/x-flv"
	case ".mp4":
		return kind + "/mp4"
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".ts":
		return "video/mp2t"
	case ".aac":
		return "audio/aac"
	}
	return "application/octet-stream"
}

// etag is the file's ETag. Media of HLS keep theirs while they grow: no byte of them ever changes, and a player that reads them in
// pieces is to go on. Others are patched when they are finished.
func (f playable) etag(o *Object) string {
	switch {
	case f.Container == containerHLS && !f.playlist:
		return fmt.Sprintf(`"%s"`, f.ID)
	case f.Status == StatusRecording:
		return fmt.Sprintf(`"%s-%d-%d"`, f.ID, o.Size, o.ModTime.UnixNano())
	}
	return fmt.Sprintf(`"%s-%d"`, f.ID, o.Size)
}

// open opens the file, and beside a playlist the media that it may be necessary to look into.
func (p *Player) open(f playable) (object, beside *Object, err error) {
	if object, err = p.openKey(f, f.key); err != nil || !f.playlist || !f.mayHaveRenditions() {
		return object, nil, err
	}
	if beside, err = p.openKey(f, f.ObjectKey); err != nil {
		return nil, nil, errors.Join(err, object.Close())
	}
	return object, beside, nil
}

// openKey opens one of the asset's files.
func (p *Player) openKey(f playable, key string) (*Object, error) {
	if f.Status == StatusLost {
		return nil, notFound("file %s is lost: it is in the catalogue, but was not in its storage when that was last looked through", f.ID)
	}
	storage, err := reachable(p.Storages, f.StorageID)
	var object *Object
	if err == nil {
		object, err = storage.Open(key)
	}
	if err == nil {
		return object, nil
	}
	status := http.StatusServiceUnavailable
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrForeignStorage) {
		status = http.StatusNotFound
	}
	text := fmt.Sprintf("file %s is in the catalogue, but its storage does not have it now", f.ID)
	return nil, &failure{status, text, fmt.Errorf("file %s: %w", f.ID, err)}
}

// attachment is the Content-Disposition (RFC 6266) that makes a browser save a file under this name.
func attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
