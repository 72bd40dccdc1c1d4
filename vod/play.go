package vod

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// PlayPrefix is where Player is mounted.
const PlayPrefix = "/vod/"

// PlayPath is the address of an asset without scheme and host: "/vod/{FileId}/{name}.{container}".
func PlayPath(a Asset) string {
	return PlayPrefix + a.ID.String() + "/" + url.PathEscape(a.Name) + "." + a.Container
}

// Player serves the files of assets under PlayPrefix. An asset is found by its FileId; the name in the address is for people.
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
	a, status, err := p.find(r)
	if err != nil {
		if status == http.StatusInternalServerError {
			p.Log.Error("look up a file to be played", "path", r.URL.Path, "error", err)
			err = errors.New("the catalogue cannot be read")
		}
		http.Error(w, err.Error(), status)
		return
	}
	object, err := p.open(a)
	if err != nil {
		p.Log.Warn("file of the catalogue cannot be opened", "file_id", a.ID.String(), "error", err)
		status := http.StatusServiceUnavailable
		if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrForeignStorage) {
			status = http.StatusNotFound
		}
		http.Error(w, fmt.Sprintf("file %s is in the catalogue, but its storage does not have it now", a.ID), status)
		return
	}
	defer object.Close()
	h := w.Header()
	h.Set("Content-Type", contentType(a))
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, Content-Disposition, ETag")
	// A file never changes under its FileId, but it may be deleted.
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, a.ID, object.Size))
	if d := r.URL.Query().Get("download"); d != "" && d != "0" {
		h.Set("Content-Disposition", attachment(a))
	}
	http.ServeContent(w, r, "", object.ModTime, object.ReadSeekCloser)
}

// find returns the asset that the request is about, or the status to answer with.
func (p *Player) find(r *http.Request) (Asset, int, error) {
	var none Asset
	first, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, PlayPrefix), "/")
	if !ok || rest == "" {
		return none, http.StatusNotFound, fmt.Errorf("recordings are at %s{FileId}/{name}.{ext}; SearchMedia and "+
			"DescribeMediaInfos tell the address of each", PlayPrefix)
	}
	id, err := ParseFileID(first)
	if err != nil {
		return none, http.StatusNotFound, fmt.Errorf("%q is not a FileId, which is a positive decimal number", first)
	}
	found, err := p.Store.AssetsByID(r.Context(), []FileID{id})
	if err != nil {
		return none, http.StatusInternalServerError, err
	}
	if len(found) == 0 {
		return none, http.StatusNotFound, fmt.Errorf("there is no file %s: it was deleted, has expired, or never was", id)
	}
	if path.Ext(rest) != "."+found[0].Container {
		return none, http.StatusNotFound, fmt.Errorf("file %s is at %s", id, PlayPath(found[0]))
	}
	return found[0], http.StatusOK, nil
}

func (p *Player) open(a Asset) (*Object, error) {
	storage, err := reachable(p.Storages, a.StorageID)
	if err != nil {
		return nil, err
	}
	return storage.Open(a.ObjectKey)
}

// contentType is the media type of an asset's file.
func contentType(a Asset) string {
	kind := "audio"
	for _, t := range a.Tracks {
		if t.Kind == "video" {
			kind = "video"
		}
	}
	switch a.Container {
	case "flv":
		return "video/x-flv"
	case "mp4":
		return kind + "/mp4"
	}
	return "application/octet-stream"
}

// attachment is the Content-Disposition (RFC 6266) that makes a browser save the file under its name.
func attachment(a Asset) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, a.Name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + a.Container})
}
