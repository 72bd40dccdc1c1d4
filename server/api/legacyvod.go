package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"aircheck/server/auth"
	"aircheck/vod"
)

// LegacyPath is where the actions of the second version of the cloud's API are called, whose answers have no envelope and numbers for codes.
const LegacyPath = "/v2/index.php"

// legacyHost is the host that clients of that version sign, wherever they send their requests.
const legacyHost = "vod.api.qcloud.com"

// The codes of its answers.
const (
	legacyOK           = 0
	legacyBadParameter = 4000
	legacyUnauthorized = 4100
	legacyExpired      = 4200
	legacyTooOften     = 4400
	legacyProtocol     = 4600
	legacyNotFound     = 5000
	legacyFailed       = 5100
	legacyInternal     = 6000
	// legacyNoFile is the code of both actions for a file that is not there.
	legacyNoFile = 10008
)

// Pages of DescribeVodPlayInfo.
const (
	legacyPageSize    = 10
	legacyMaxPageSize = 100
)

// The states of a file in its answers. What is being recorded has begun, what is forbidden is paused.
const (
	legacyMissing   = "-1"
	legacyRecording = "0"
	legacyNormal    = "2"
	legacyPaused    = "3"
)

type legacyAnswer struct {
	Code     int          `json:"code"`
	Message  string       `json:"message"`
	CodeDesc string       `json:"codeDesc"`
	Total    *int         `json:"totalCount,omitempty"`
	Files    []legacyFile `json:"fileSet,omitzero"`
}

type legacyFile struct {
	FileID   string       `json:"fileId"`
	FileName string       `json:"fileName"`
	Duration int64        `json:"duration"` // seconds
	Status   string       `json:"status"`
	ImageURL string       `json:"imageUrl"`
	PlaySet  []legacyPlay `json:"playSet"`
}

type legacyPlay struct {
	URL        string `json:"url"`
	Definition int64  `json:"definition"` // 0: as recorded
	Bitrate    int64  `json:"vbitrate"`   // bits per second
	Height     int64  `json:"vheight"`
	Width      int64  `json:"vwidth"`
}

// legacyError is an error with its code in those answers.
type legacyError struct {
	code    int
	message string
}

func (e *legacyError) Error() string { return e.message }

func legacyf(code int, format string, args ...any) error {
	return &legacyError{code, fmt.Sprintf(format, args...)}
}

// routeLegacy adds the address of those actions.
func (s *server) routeLegacy(engine *gin.Engine) {
	serve := func(c *gin.Context) {
		s.serveCall(c.Writer, c.Request, s.legacyAnswer)
	}
	engine.GET(LegacyPath, serve)
	engine.POST(LegacyPath, serve)
}

// legacyAnswer returns the complete answer to a request.
func (s *server) legacyAnswer(c *call) (out []byte) {
	internal := legacyAnswer{Code: legacyInternal, Message: "an internal error; the server's log has it", CodeDesc: codeInternal}
	defer func() {
		if out == nil {
			out, _ = encode(internal) // it can be encoded
		}
	}()
	defer s.guard(c, new([]byte)) // whose answer has another form
	answer, err := s.legacyCall(c)
	c.code = CodeOK
	if err != nil {
		e := legacyFailure(err)
		if e == nil {
			s.log.Error("api call failed", "action", c.name, "request_id", c.id, "error", err)
			c.code = codeInternal
			return nil
		}
		c.code = e.CodeDesc
		answer = e
	}
	out, err = encode(answer)
	if err != nil {
		s.log.Error("api call failed", "action", c.name, "request_id", c.id, "error", err)
		return nil
	}
	return out
}

// legacyFailure is the answer to an error; nil for one whose text is not for the caller.
func legacyFailure(err error) *legacyAnswer {
	var own *legacyError
	var e *Error
	if errors.As(err, &own) {
		return &legacyAnswer{Code: own.code, Message: own.message, CodeDesc: "InvalidParameter"}
	}
	if e = public("", err); e == nil {
		return nil
	}
	code := legacyBadParameter
	switch {
	case e.Code == auth.CodeSignatureExpire:
		code = legacyExpired
	case strings.HasPrefix(e.Code, "AuthFailure"):
		code = legacyUnauthorized
	case e.Code == codeTooOften:
		code = legacyTooOften
	case e.Code == codeProtocol || e.Code == codeTooLarge || e.Code == codeBadRequest:
		code = legacyProtocol
	case strings.HasPrefix(e.Code, "ResourceNotFound"):
		code = legacyNotFound
	case strings.HasPrefix(e.Code, codeFailed):
		code = legacyFailed
	}
	return &legacyAnswer{Code: code, Message: e.Message, CodeDesc: e.Code}
}

// legacyRequest are the parameters of both actions.
type legacyRequest struct {
	FileName string  `json:"fileName"`
	PageNo   *uint64 `json:"pageNo"`
	PageSize *uint64 `json:"pageSize"`
	Vid      string  `json:"vid"`
	SubAppID uint64  `json:"SubAppId"`
}

func (s *server) legacyCall(c *call) (*legacyAnswer, error) {
	if len(c.URL.RawQuery) > maxQueryBytes {
		return nil, failf(codeTooLarge, "the query is larger than %d bytes", maxQueryBytes)
	}
	if err := s.Failures.Check(c.client); err != nil {
		return nil, failf(codeTooOften, "%s", err)
	}
	verifier := *s.Verifier
	verifier.PublicHosts = append(slices.Clone(verifier.PublicHosts), legacyHost)
	who, err := verifier.Verify(s.authRequest(c))
	if err != nil {
		s.Failures.Note(c.client, err)
		return nil, err
	}
	p, common, err := c.parameters(who.Scheme)
	if err != nil {
		return nil, err
	}
	var q legacyRequest
	if err := p.into(&q, false); err != nil {
		return nil, err
	}
	name := common.Get("Action")
	handle := map[string]func(context.Context, *call, *legacyRequest) (*legacyAnswer, error){
		"DescribeVodPlayInfo": s.vodPlayInfo, "DescribeRecordPlayInfo": s.recordPlayInfo,
	}[name]
	if handle == nil {
		return nil, legacyf(legacyBadParameter, "Action: there is no %.64q at %s; there are DescribeVodPlayInfo and DescribeRecordPlayInfo, "+
			"and the current API at /", name, LegacyPath)
	}
	c.name = name
	if s.SubApps != nil {
		if err := s.SubApps.Check(signed(q.SubAppID)); err != nil {
			return nil, err
		}
	}
	return handle(c.Context(), c, &q)
}

// vodPlayInfo shows the files whose names begin with a text, the newest first.
func (s *server) vodPlayInfo(ctx context.Context, c *call, q *legacyRequest) (*legacyAnswer, error) {
	if q.FileName == "" {
		return nil, legacyf(legacyBadParameter, "fileName: is missing; name how the files' names begin")
	}
	number, size := uint64(1), uint64(legacyPageSize)
	assign(&number, q.PageNo)
	assign(&size, q.PageSize)
	if number < 1 || number > vod.MaxReach {
		return nil, legacyf(legacyBadParameter, "pageNo: must be from 1 to %d", vod.MaxReach)
	}
	if size < 1 || size > legacyMaxPageSize {
		return nil, legacyf(legacyBadParameter, "pageSize: must be from 1 to %d", legacyMaxPageSize)
	}
	found, err := s.Catalog.Search(ctx, vod.Filter{
		NamePrefixes: []string{q.FileName}, SubAppID: signed(q.SubAppID), Descending: true, Offset: int((number - 1) * size), Limit: int(size),
	})
	if err != nil {
		return nil, err
	}
	if found.Total == 0 {
		return nil, legacyf(legacyNoFile, "there is no file whose name begins with %.100q", q.FileName)
	}
	return &legacyAnswer{CodeDesc: "Success", Total: &found.Total, Files: s.legacyFiles(c, found.Assets)}, nil
}

// recordPlayInfo shows a file.
func (s *server) recordPlayInfo(ctx context.Context, c *call, q *legacyRequest) (*legacyAnswer, error) {
	if q.Vid == "" {
		return nil, legacyf(legacyBadParameter, "vid: is missing; it is the file's FileId")
	}
	id, err := vod.ParseFileID(q.Vid)
	if err != nil {
		return nil, legacyf(legacyNoFile, "there is no file %.40q", q.Vid)
	}
	found, err := s.assets(ctx, []vod.FileID{id}, q.SubAppID)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, legacyf(legacyNoFile, "there is no file %s", id)
	}
	return &legacyAnswer{CodeDesc: "Success", Files: s.legacyFiles(c, found)}, nil
}

func (s *server) legacyFiles(c *call, assets []vod.Asset) []legacyFile {
	views := s.Views(s.baseURL(c))
	out := make([]legacyFile, len(assets))
	for i := range assets {
		a := &assets[i]
		b, m := views.basic(a), metaData(a)
		f := legacyFile{
			FileID: a.ID.String(), FileName: a.Name, Duration: int64(math.Round(a.Duration.Seconds())), Status: legacyStatus(a),
			ImageURL: b.CoverURL, PlaySet: []legacyPlay{},
		}
		if b.MediaURL != "" && (f.Status == legacyNormal || f.Status == legacyRecording) {
			f.PlaySet = append(f.PlaySet, legacyPlay{URL: b.MediaURL, Bitrate: m.Bitrate, Height: m.Height, Width: m.Width})
		}
		out[i] = f
	}
	return out
}

func legacyStatus(a *vod.Asset) string {
	switch {
	case a.Status == vod.StatusLost:
		return legacyMissing
	case a.Forbidden:
		return legacyPaused
	case a.Status == vod.StatusRecording:
		return legacyRecording
	}
	return legacyNormal
}
