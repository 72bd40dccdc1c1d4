package api

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"aircheck/vod"
)

// TimeRange bounds a time.
type TimeRange struct {
	After  string `json:"After" doc:"Earliest time, inclusive; ISO 8601."`
	Before string `json:"Before" doc:"Latest time, exclusive; ISO 8601."`
}

// SortBy is the order of a search result.
type SortBy struct {
	Field string `json:"Field" required:"true" doc:"CreateTime."`
	Order string `json:"Order" required:"true" doc:"Asc or Desc."`
}

// SearchRequest is the request of SearchMedia.
type SearchRequest struct {
	SubAppID       uint64     `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	FileIDs        []string   `json:"FileIds" doc:"Up to 10 files."`
	Names          []string   `json:"Names" doc:"Up to 10 texts of at most 100 characters, found anywhere in the name, in upper or lower case."`
	NamePrefixes   []string   `json:"NamePrefixes" doc:"Up to 10 texts of at most 100 characters, found at the name's start, exactly as they are."`
	Descriptions   []string   `json:"Descriptions" doc:"Up to 10 texts of at most 100 characters, found anywhere in the description, in upper or lower case."`
	ClassIDs       []int64    `json:"ClassIds" doc:"Up to 10 classes, each with those below it."`
	Tags           []string   `json:"Tags" doc:"Up to 16 tags of at most 32 characters, exactly as they are."`
	Categories     []string   `json:"Categories" doc:"Video, Audio, Image."`
	SourceTypes    []string   `json:"SourceTypes" doc:"Up to 10 of Record, Upload, VideoProcessing, TrtcRecord, WebPageRecord, Unknown. No file is one of the last three."`
	StreamIDs      []string   `json:"StreamIds" doc:"Up to 10 names of streams."`
	StreamDomains  []string   `json:"StreamDomains" doc:"Up to 10 push domains."`
	StreamPaths    []string   `json:"StreamPaths" doc:"Up to 10 apps."`
	CreateTime     *TimeRange `json:"CreateTime" doc:"When it entered the catalogue in its present status."`
	ExpireTime     *TimeRange `json:"ExpireTime" doc:"When it is to be deleted."`
	StorageRegions []string   `json:"StorageRegions" doc:"Up to 20 regions. No file has any."`
	StorageClasses []string   `json:"StorageClasses" doc:"STANDARD, STANDARD_IA, ARCHIVE, DEEP_ARCHIVE."`
	MediaTypes     []string   `json:"MediaTypes" doc:"Up to 10 containers, such as mp4."`
	Status         []string   `json:"Status" doc:"Normal, Recording, SystemForbidden, Forbidden, Lost. No file is SystemForbidden. Default: any."`
	ReviewResults  []string   `json:"ReviewResults" doc:"pass, review, block, notModerated. Every file is notModerated."`
	TrtcSdkAppIDs  []uint64   `json:"TrtcSdkAppIds" doc:"Up to 10 applications of rooms. No file has any."`
	TrtcRoomIDs    []string   `json:"TrtcRoomIds" doc:"Up to 10 rooms. No file has any."`
	KnowledgeBases []string   `json:"KnowledgeBases" doc:"No file is in any."`
	Filters        []string   `json:"Filters" doc:"Blocks wanted: basicInfo, metaData, transcodeInfo, animatedGraphicsInfo, imageSpriteInfo, snapshotByTimeOffsetInfo, sampleSnapshotInfo, keyFrameDescInfo, adaptiveDynamicStreamingInfo. Default: all."`
	Sort           *SortBy    `json:"Sort" doc:"Order of the result. Default: newest first."`
	Offset         uint64     `json:"Offset" doc:"How many to skip. Offset and Limit together are at most 5000."`
	Limit          uint64     `json:"Limit" doc:"How many to show. Default 10."`
	Text           string     `json:"Text" doc:"At most 64 characters, found anywhere in name or description, in upper or lower case."`
	SourceType     string     `json:"SourceType" doc:"One of SourceTypes."`
	StreamID       string     `json:"StreamId" doc:"One of StreamIds."`
	StartTime      string     `json:"StartTime" doc:"The same as CreateTime.After."`
	EndTime        string     `json:"EndTime" doc:"The same as CreateTime.Before."`
	Vids           []string   `json:"Vids" doc:"The same as FileIds."`
	Vid            string     `json:"Vid" doc:"One of Vids."`
}

// SearchResponse is the answer of SearchMedia.
type SearchResponse struct {
	TotalCount   uint64      `json:"TotalCount" doc:"How many files match; counted up to 5000."`
	MediaInfoSet []MediaInfo `json:"MediaInfoSet" doc:"The files."`
}

// filter translates the request. If some is false, no file can match.
func (q *SearchRequest) filter() (f vod.Filter, some bool, err error) {
	if err := q.checkLists(); err != nil {
		return f, false, err
	}
	f = vod.Filter{
		Names: q.Names, NamePrefixes: q.NamePrefixes, Descriptions: q.Descriptions, Text: q.Text,
		Domains: lower(q.StreamDomains), Apps: q.StreamPaths, ClassIDs: q.ClassIDs, StorageClasses: q.StorageClasses, Tags: q.Tags,
		SubAppID: signed(q.SubAppID), Descending: true,
	}
	if err := q.page(&f); err != nil {
		return f, false, err
	}
	if err := q.times(&f); err != nil {
		return f, false, err
	}
	files, err := q.ids(&f)
	if err != nil {
		return f, false, err
	}
	var streams, kinds, sources bool
	f.Statuses = q.statuses()
	f.Streams, streams = both(q.StreamIDs, single(q.StreamID))
	f.Containers, kinds = both(lower(q.MediaTypes), containersOf(q.Categories))
	f.SourceTypes, sources = both(q.SourceTypes, single(q.SourceType))
	return f, files && streams && kinds && sources && q.canMatch(), nil
}

// page reads order and range.
func (q *SearchRequest) page(f *vod.Filter) error {
	if q.Sort != nil {
		f.Descending = strings.EqualFold(q.Sort.Order, "Desc")
		if q.Sort.Field != "CreateTime" || !f.Descending && !strings.EqualFold(q.Sort.Order, "Asc") {
			return &vod.InvalidError{Field: "Sort", Reason: "only the Field CreateTime with the Order Asc or Desc is possible"}
		}
	}
	// What is too large for an int is as wrong as one too many.
	f.Offset, f.Limit = int(min(q.Offset, vod.MaxReach+1)), int(min(q.Limit, vod.MaxReach+1))
	return nil
}

func (q *SearchRequest) times(f *vod.Filter) error {
	var created, expires TimeRange
	assign(&created, q.CreateTime)
	assign(&expires, q.ExpireTime)
	for _, t := range []struct {
		name, text string
		to         *time.Time
		later      bool
	}{
		{"CreateTime.After", created.After, &f.Created.From, true},
		{"CreateTime.Before", created.Before, &f.Created.To, false},
		{"StartTime", q.StartTime, &f.Created.From, true},
		{"EndTime", q.EndTime, &f.Created.To, false},
		{"ExpireTime.After", expires.After, &f.Expires.From, true},
		{"ExpireTime.Before", expires.Before, &f.Expires.To, false},
	} {
		if t.text == "" {
			continue
		}
		at, err := momentOf(t.name, t.text)
		if err != nil {
			return err
		}
		// Of two bounds the narrower counts.
		if t.to.IsZero() || at.After(*t.to) == t.later {
			*t.to = at
		}
	}
	return nil
}

// momentOf reads a time; the zero time if there is none.
func momentOf(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, &vod.InvalidError{Field: field, Reason: "is not a time such as 2026-01-31T08:00:00Z"}
	}
	return at, nil
}

// ids reads the ways to name files, which must all be met; it reports false if they exclude each other.
func (q *SearchRequest) ids(f *vod.Filter) (some bool, err error) {
	some = true
	for _, l := range []struct {
		name  string
		texts []string
	}{{"FileIds", q.FileIDs}, {"Vids", q.Vids}, {"Vid", single(q.Vid)}} {
		ids, err := parseIDs(l.name, l.texts)
		if err != nil {
			return false, err
		}
		var fit bool
		f.IDs, fit = both(f.IDs, ids)
		some = some && fit
	}
	return some, nil
}

func parseIDs(name string, texts []string) ([]vod.FileID, error) {
	out := make([]vod.FileID, 0, len(texts))
	for i, s := range texts {
		id, err := vod.ParseFileID(s)
		if err != nil {
			return nil, badElement(name, i, len(texts), fmt.Sprintf("%.40q is not a positive decimal number", s))
		}
		out = append(out, id)
	}
	return out, nil
}

// badElement is the error for one value of a list, which it names by its number: there may be hundreds.
func badElement(name string, number, of int, reason string) error {
	if of > 1 {
		reason = fmt.Sprintf("element %d: %s", number, reason)
	}
	return &vod.InvalidError{Field: name, Reason: reason}
}

// canMatch tells whether a file of this catalogue can meet the conditions that are the same for all of them.
func (q *SearchRequest) canMatch() bool {
	meets := func(asked []string, all string) bool { return len(asked) == 0 || slices.Contains(asked, all) }
	return (len(q.Status) == 0 || len(q.statuses()) > 0) && meets(q.ReviewResults, "notModerated") &&
		len(q.StorageRegions)+len(q.TrtcSdkAppIDs)+len(q.TrtcRoomIDs)+len(q.KnowledgeBases) == 0
}

// statuses are those asked for that a file can have.
func (q *SearchRequest) statuses() (some []vod.Status) {
	for _, s := range []vod.Status{vod.StatusNormal, vod.StatusRecording, vod.StatusLost, vod.StatusForbidden} {
		if slices.Contains(q.Status, string(s)) {
			some = append(some, s)
		}
	}
	return some
}

// checkLists checks the limits of what the catalogue does not get to see.
func (q *SearchRequest) checkLists() error {
	sources := []string{vod.SourceRecord, vod.SourceUpload, vod.SourceVideoProcessing, "TrtcRecord", "WebPageRecord", "Unknown"}
	for _, l := range []struct {
		name    string
		list    []string
		most    int
		longest int
		allowed []string
	}{
		{"FileIds", q.FileIDs, 10, 40, nil},
		{"Vids", q.Vids, 10, 40, nil},
		{"Categories", q.Categories, 3, 10, []string{"Video", "Audio", "Image"}},
		{"SourceTypes", q.SourceTypes, 10, 32, sources},
		{"SourceType", single(q.SourceType), 1, 32, sources},
		{"StreamIds", q.StreamIDs, 10, 255, nil},
		{"StorageRegions", q.StorageRegions, 20, 64, nil},
		{"StorageClasses", q.StorageClasses, 4, 32, []string{"STANDARD", "STANDARD_IA", "ARCHIVE", "DEEP_ARCHIVE"}},
		{"MediaTypes", q.MediaTypes, 10, 32, nil},
		{"TrtcRoomIds", q.TrtcRoomIDs, 10, 64, nil},
	} {
		bad := func(format string, args ...any) error {
			return &vod.InvalidError{Field: l.name, Reason: fmt.Sprintf(format, args...)}
		}
		if len(l.list) > l.most {
			return bad("must have at most %d values", l.most)
		}
		for _, s := range l.list {
			if utf8.RuneCountInString(s) > l.longest {
				return bad("must have at most %d characters each", l.longest)
			}
			if l.allowed != nil && !slices.Contains(l.allowed, s) {
				return bad("%q is not one of %s", s, strings.Join(l.allowed, ", "))
			}
		}
	}
	return nil
}

// single returns a list of one, or none for the empty string.
func single(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// both returns what two conditions allow together; an empty list allows everything. It reports false if nothing is left.
func both[T comparable](a, b []T) ([]T, bool) {
	if len(a) == 0 {
		return b, true
	}
	if len(b) == 0 {
		return a, true
	}
	var out []T
	for _, v := range a {
		if slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out, len(out) > 0
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// containersOf returns the containers of some categories; no list for no category, and one that no file has for Image.
func containersOf(categories []string) []string {
	var out []string
	for _, c := range categories {
		switch c {
		case "Video":
			out = append(out, videoContainers()...)
		case "Audio":
			out = append(out, audioContainers()...)
		default:
			out = append(out, "image")
		}
	}
	return out
}
