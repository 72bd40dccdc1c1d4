package vod

import (
	"context"
	"fmt"
)

// Homes says in which storage the files of an asset belong, by its application and storage class. All are recorded, or made, in Main, and go
// home from there: see Mover.
type Homes struct {
	// Main is the storage of all that has no other.
	Main string
	// Infrequent is that of STANDARD_IA; empty: the class is a name alone.
	Infrequent string
	// SubApps are those of sub-applications that have one of their own; STANDARD_IA goes to Infrequent all the same if there is that.
	SubApps map[int64]string
}

// Of returns the storage in which an asset of that application and storage class belongs.
func (h *Homes) Of(subAppID int64, class string) string {
	if class == StorageClassIA && h.Infrequent != "" {
		return h.Infrequent
	}
	if own := h.SubApps[subAppID]; own != "" {
		return own
	}
	return h.Main
}

// classIn is the storage class of a file that is found in a storage and of which nothing else is known.
func (h *Homes) classIn(storageID string) string {
	if h.Infrequent != "" && storageID == h.Infrequent {
		return StorageClassIA
	}
	return StorageClassStandard
}

// Usage is how many files there are of one application, storage and storage class, and what they occupy with their parts.
type Usage struct {
	SubAppID                int64
	StorageID, StorageClass string
	// Location names the storage.
	Location string
	Files    int64
	Bytes    int64
}

// UsageStore keeps sums of what is stored. Its method is one transaction.
type UsageStore interface {
	// Usage returns all sums that are not 0, ordered by application, location and class. It is quick, however many assets there are.
	Usage(ctx context.Context) ([]Usage, error)
}

// Stored is what one application has stored.
type Stored struct {
	// Files counts the assets, Bytes is what they occupy with their parts, without playlists, by storage class.
	Files int64
	Bytes map[string]int64
	// Areas are the same, by the location of the storage.
	Areas []StoredArea
}

// StoredArea is what lies in one storage.
type StoredArea struct {
	Location string
	Bytes    map[string]int64
}

// StorageData sums up what an application has stored.
func StorageData(ctx context.Context, store UsageStore, subAppID int64) (Stored, error) {
	out := Stored{Bytes: map[string]int64{}}
	all, err := store.Usage(ctx)
	if err != nil {
		return out, fmt.Errorf("read what is stored: %w", err)
	}
	for _, u := range all {
		if u.SubAppID != subAppID {
			continue
		}
		if n := len(out.Areas); n == 0 || out.Areas[n-1].Location != u.Location {
			out.Areas = append(out.Areas, StoredArea{Location: u.Location, Bytes: map[string]int64{}})
		}
		out.Files += u.Files
		out.Bytes[u.StorageClass] += u.Bytes
		out.Areas[len(out.Areas)-1].Bytes[u.StorageClass] += u.Bytes
	}
	return out, nil
}
