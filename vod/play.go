package vod

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
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
	// Guard decides who may play; nil: everybody. Views serves what is made of files; nil: there is nothing but the files.
	Guard *Guard
	Views Views
	// Refused answers whoever opened an address in a browser with a page, and reports whether it did; nil: they read what others are told.
	Refused func(w http.ResponseWriter, r *http.Request, status int) bool
	Log     *slog.Logger
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
		p.preflight(h, r)
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
	f.grant.cors(w.Header(), r)
	var object, beside *Object
	if err == nil && f.view == nil {
		if object, beside, err = p.open(f); err != nil {
			// It may have been finished and put in its place meanwhile, or moved to another storage.
			if f, err = p.find(r); err == nil && f.view == nil {
				object, beside, err = p.open(f)
			}
		}
	}
	if err == nil && f.view != nil {
		w.Header().Set("Access-Control-Expose-Headers", exposedHeaders)
		p.Views.Serve(w, r, *f.view)
		return
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
	h.Set("Access-Control-Expose-Headers", exposedHeaders)
	if name := DownloadName(r, f.Asset, f.ext); name != "" {
		h.Set("Content-Disposition", Attachment(name))
	}
	if f.Container == "mp4" {
		h.Add("Vary", "Sec-Fetch-Dest") // see fast
	}
	if f.Container == containerHLS && f.part == 0 {
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
	if f.carries() {
		servePartList(w, r, f, object)
		return
	}
	// A file never changes under its FileId, but it may be deleted.
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag(object))
	http.ServeContent(w, r, "", object.ModTime, object.ReadSeekCloser)
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
	if p.Refused != nil && p.Refused(w, r, known.status) {
		return
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
	// grant is what the request may have of it; view is set where something is to be made of it.
	grant Grant
	view  *View
	// part is set for a part.
	part FileID
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
	grant, err := p.Guard.Admit(r, &found[0])
	none.grant = grant
	if err != nil {
		return none, err
	}
	if name, ok := partName(r); ok {
		f, err := p.part(r.Context(), found[0], name)
		f.grant = grant
		if err == nil {
			err = previewed(grant, f)
		}
		return f, err
	}
	if found[0].ObjectKey == "" {
		return none, notFound("the original of file %s was deleted; DescribeMediaInfos tells what was made of it", id)
	}
	v, made, err := p.viewOf(r, found[0], rest, grant)
	if err != nil {
		return none, err
	}
	if made {
		return playable{Asset: found[0], grant: grant, view: &v}, nil
	}
	f := found[0].playable(storedExt(r.URL))
	if f.key == "" {
		return none, notFound("file %s is at %s", id, PlayPath(found[0]))
	}
	f.grant = grant
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
	case ".mp3":
		return "audio/mpeg"
	}
	return "application/octet-stream"
}

// etag is the file's ETag. Media of HLS keep theirs while they grow: no byte of them ever changes, and a player that reads them in
// pieces is to go on. Others are patched when they are finished.
func (f playable) etag(o *Object) string {
	switch {
	case f.part != 0:
		return fmt.Sprintf(`"%s"`, f.part)
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
