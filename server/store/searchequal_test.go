package store

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
)

// chance makes libraries and searches.
type chance struct{ *rand.Rand }

func pick[T any](c chance, of ...T) T { return of[c.IntN(len(of))] }

func (c chance) text() string {
	var b strings.Builder
	for range c.IntN(12) {
		b.WriteString(pick(c, "a", "b", "A", "c", "é", "e\u0301", "会", "议", "👍", "%", "_", `\`, "'", `"`, "z", " "))
	}
	return b.String()
}

// part is something of a text, or something else.
func (c chance) part(of string) string {
	runes := []rune(of)
	if len(runes) == 0 || c.IntN(4) == 0 {
		return c.text()
	}
	from := c.IntN(len(runes))
	return string(runes[from : from+1+c.IntN(len(runes)-from)])
}

func (c chance) asset(id int64) vod.Asset {
	a := asset(id)
	a.Name, a.Description = c.text(), c.text()
	a.CreateTime = at.Add(time.Duration(c.IntN(40)) * time.Second)
	a.ExpireTime = pick(c, time.Time{}, at.Add(time.Duration(c.Int64N(int64(5000*time.Hour)))), at.Add(time.Duration(c.Int64N(int64(5*time.Minute)))))
	a.Stream, a.Domain, a.App = pick(c, "s", "S", "会"), pick(c, "d.example", "e"), pick(c, "", "live", "*")
	a.Container, a.StorageClass = pick(c, "mp4", "flv"), pick(c, vod.StorageClassIA, vod.StorageClassStandard)
	a.ClassID, a.SubAppID = int64(c.IntN(6)), pick(c, int64(0), 0, 0, 5)
	a.SourceType, a.Forbidden = pick(c, "", vod.SourceRecord, vod.SourceUpload), c.IntN(5) == 0
	a.Tags = pick(c, nil, []string{"红"}, []string{"a", "A b"}, []string{"b*", "a"})
	return a
}

func (c chance) moments() vod.TimeRange {
	moment := func() time.Time {
		return pick(c, time.Time{}, at.Add(time.Duration(c.Int64N(int64(time.Minute)))), at.Add(time.Duration(c.Int64N(int64(5000*time.Hour)))))
	}
	return vod.TimeRange{From: moment(), To: moment()}
}

func (c chance) filter(all []vod.Asset) vod.Filter {
	some := pick(c, all...)
	f := vod.Filter{Descending: c.IntN(2) == 0, Limit: 1 + c.IntN(60), Offset: c.IntN(10) * c.IntN(3), SubAppID: pick(c, int64(0), 0, 0, 5)}
	for range 1 + c.IntN(3) {
		switch c.IntN(15) {
		case 0:
			f.Names = append(f.Names, c.part(some.Name))
		case 1:
			f.Descriptions = append(f.Descriptions, c.part(some.Description))
		case 2:
			f.Text = c.part(pick(c, some.Name, some.Description))
		case 3:
			f.NamePrefixes = append(f.NamePrefixes, string([]rune(some.Name)[:c.IntN(len([]rune(some.Name))+1)]))
		case 4:
			f.Tags = append(f.Tags, pick(c, "红", "a", "A b", "b*", "b"))
		case 5:
			f.ClassIDs = append(f.ClassIDs, int64(c.IntN(6)))
		case 6:
			f.Streams = append(f.Streams, pick(c, "s", "S", "会", "x"))
		case 7:
			f.Domains = append(f.Domains, pick(c, "d.example", "e"))
		case 8:
			f.Apps = append(f.Apps, pick(c, "", "live", "*"))
		case 9:
			f.Containers = append(f.Containers, pick(c, "mp4", "flv", "hls"))
		case 10:
			f.SourceTypes = append(f.SourceTypes, pick(c, vod.SourceRecord, vod.SourceUpload))
		case 11:
			f.Statuses = append(f.Statuses, pick(c, vod.StatusNormal, vod.StatusLost, vod.StatusForbidden, vod.StatusRecording))
		case 12:
			f.Created = c.moments()
		case 13:
			f.Expires = c.moments()
		case 14:
			f.StorageClasses = append(f.StorageClasses, pick(c, vod.StorageClassIA, vod.StorageClassStandard))
		}
	}
	if c.IntN(10) == 0 {
		f.IDs = []vod.FileID{some.ID, pick(c, all...).ID}
	}
	return f
}

// TestSearchEqualsLooking: over random libraries that change, any search finds what looking at each file does, however much of it is in the
// index.
func TestSearchEqualsLooking(t *testing.T) {
	for seed := range uint64(3) {
		c := chance{rand.New(rand.NewPCG(seed, 8))}
		s := open(t)
		addClasses(t, s)
		var all []vod.Asset
		for round := range 6 {
			for range 25 {
				a := c.asset(int64(len(all) + 1))
				all = append(all, a)
				add(t, s, a)
			}
			for range 10 {
				c.change(t, s, &all[c.IntN(len(all))])
			}
			if round == 5 {
				forgetIndex(t, s)
			} else if _, err := s.IndexPending(t.Context(), c.IntN(60)); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				checkSearch(t, s, all, c.filter(all))
			}
			if t.Failed() {
				t.Fatal("seed", seed, "round", round)
			}
		}
	}
}

// change does something to a file that searches have to notice.
func (c chance) change(t *testing.T, s *Store, a *vod.Asset) {
	t.Helper()
	columns := map[string]any{}
	switch c.IntN(5) {
	case 0:
		a.Name = c.text()
		columns["name"] = a.Name
	case 1:
		a.Tags = []string{"b"}
		columns["tags"] = `["b"]`
	case 2:
		a.Status = vod.StatusLost
		columns["status"] = "Lost"
	case 3:
		a.Status = vod.StatusDeleting
		columns["status"] = "Deleting"
	case 4:
		a.CreateTime = at.Add(-time.Minute)
		columns["create_time"] = toMicro(a.CreateTime)
	}
	must(t, s.write(t.Context(), func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where("id = ?", int64(a.ID)).Updates(columns).Error
	}))
}
