package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"aircheck/server/auth"
)

type domainRow struct {
	Name              string `gorm:"primaryKey"`
	Type              int
	Enabled           bool
	BuiltIn           bool
	PlayType          int
	IsDelayLive       bool
	IsMiniProgramLive bool
	PushEnable        bool
	PushMaster        string
	PushBackup        string
	PushDelta         int64
	PlayEnable        bool
	PlayMaster        string
	PlayBackup        string
	PlayDelta         int64
	CreateTime        int64
}

func (domainRow) TableName() string { return "domains" }

func newDomainRow(d auth.Domain) domainRow {
	return domainRow{
		Name: d.Name, Type: int(d.Type), Enabled: d.Enabled, BuiltIn: d.BuiltIn,
		PlayType: d.PlayType, IsDelayLive: d.IsDelayLive, IsMiniProgramLive: d.IsMiniProgramLive,
		PushEnable: d.Push.Enable, PushMaster: d.Push.Master, PushBackup: d.Push.Backup, PushDelta: int64(d.Push.Delta),
		PlayEnable: d.Play.Enable, PlayMaster: d.Play.Master, PlayBackup: d.Play.Backup, PlayDelta: int64(d.Play.Delta),
		CreateTime: toMicro(d.CreateTime),
	}
}

func (r domainRow) domain() auth.Domain {
	return auth.Domain{
		Name: r.Name, Type: auth.DomainType(r.Type), Enabled: r.Enabled, BuiltIn: r.BuiltIn,
		PlayType: r.PlayType, IsDelayLive: r.IsDelayLive, IsMiniProgramLive: r.IsMiniProgramLive,
		Push: auth.Key{
			Enable: r.PushEnable, Master: r.PushMaster, Backup: r.PushBackup, Delta: time.Duration(r.PushDelta),
		},
		Play: auth.Key{
			Enable: r.PlayEnable, Master: r.PlayMaster, Backup: r.PlayBackup, Delta: time.Duration(r.PlayDelta),
		},
		CreateTime: fromMicro(r.CreateTime),
	}
}

// Domains lists all domains by name.
func (s *Store) Domains(ctx context.Context) ([]auth.Domain, error) {
	var rows []domainRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("name").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]auth.Domain, len(rows))
	for i, r := range rows {
		out[i] = r.domain()
	}
	return out, nil
}

// CreateDomain stores a domain. auth.ErrDomainExists, auth.ErrDomainLimit.
func (s *Store) CreateDomain(ctx context.Context, d auth.Domain) error {
	return s.write(ctx, func(tx *gorm.DB) error { return createDomain(tx, d) })
}

func createDomain(tx *gorm.DB, d auth.Domain) error {
	row := newDomainRow(d)
	if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return auth.ErrDomainExists
	} else if err != nil {
		return err
	}
	return limit(tx, &domainRow{}, auth.MaxDomains, auth.ErrDomainLimit)
}

// limit returns the error if a table holds more than max rows, so that the insert which made it so is undone.
func limit(tx *gorm.DB, table any, max int64, exceeded error) error {
	var n int64
	if err := tx.Model(table).Count(&n).Error; err != nil {
		return err
	}
	if n > max {
		return fmt.Errorf("%w: at most %d", exceeded, max)
	}
	return nil
}

// UpdateDomain reads, changes and writes one domain; its name stays. auth.ErrDomainNotFound, or the error of change.
func (s *Store) UpdateDomain(ctx context.Context, name string, change func(*auth.Domain) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []domainRow
		if err := tx.Where("name = ?", name).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return auth.ErrDomainNotFound
		}
		d := rows[0].domain()
		if err := change(&d); err != nil {
			return err
		}
		d.Name = name
		row := newDomainRow(d)
		return tx.Save(&row).Error
	})
}

// DeleteDomain deletes a domain that is neither built in nor named by a rule, nor by a task that is not over. auth.ErrDomainNotFound, auth.ErrDomainInUse.
func (s *Store) DeleteDomain(ctx context.Context, name string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []domainRow
		if err := tx.Where("name = ?", name).Find(&rows).Error; err != nil {
			return err
		}
		switch {
		case len(rows) == 0:
			return auth.ErrDomainNotFound
		case rows[0].BuiltIn:
			return fmt.Errorf("%w: it is the built-in domain", auth.ErrDomainInUse)
		}
		if open, err := opensDomain(tx, name); err != nil {
			return err
		} else if open {
			return fmt.Errorf("%w: a record task names it", auth.ErrDomainInUse)
		}
		err := tx.Delete(&rows[0]).Error
		if errors.Is(err, gorm.ErrForeignKeyViolated) {
			return fmt.Errorf("%w: a rule names it", auth.ErrDomainInUse)
		}
		return err
	})
}
