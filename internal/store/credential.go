package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"surveyflow/models"
)

// usable is the one predicate for who may use a credential: the organisation's shared ones and one's own. A brand admin
// sees all else, but not what others keep for themselves (contract §7, Credentials' owners).
func usable(db *gorm.DB, a models.Actor) *gorm.DB {
	return db.Where("credentials.org_id = ? AND (credentials.shared OR credentials.owner_id = ?)", a.OrgID, a.UserID)
}

// Credentials lists the credentials that the actor may use, by name.
func (s *Store) Credentials(ctx context.Context, a models.Actor) ([]models.Credential, error) {
	var all []models.Credential
	err := usable(s.read(ctx), a).Where("deleted_at IS NULL").Order("lower(name), id").Limit(MaxPage).Find(&all).Error
	return all, fault("list credentials", err)
}

// Credential gives a credential that the actor may use.
func (s *Store) Credential(ctx context.Context, a models.Actor, id string) (*models.Credential, error) {
	var c models.Credential
	if err := usable(s.read(ctx), a).Where("deleted_at IS NULL").Where("id = ?", id).Take(&c).Error; err != nil {
		return nil, fault("read credential", err)
	}
	return &c, nil
}

// CredentialOrGone gives a credential that the actor may use or could, before it was removed.
func (s *Store) CredentialOrGone(ctx context.Context, a models.Actor, id string) (*models.Credential, error) {
	var c models.Credential
	if err := usable(s.read(ctx), a).Where("id = ?", id).Take(&c).Error; err != nil {
		return nil, fault("read credential", err)
	}
	return &c, nil
}

// CredentialRow gives a credential's row as it is now to who has found it with its actor before; also a removed one's.
func (s *Store) CredentialRow(ctx context.Context, id string) (*models.Credential, error) {
	var c models.Credential
	if err := s.read(ctx).Where("id = ?", id).Take(&c).Error; err != nil {
		return nil, fault("read credential", err)
	}
	return &c, nil
}

// ownCredential gives a credential that the actor may change.
func (s *Store) ownCredential(ctx context.Context, a models.Actor, id string) (*models.Credential, error) {
	c, err := s.Credential(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if !c.EditableBy(a) {
		return nil, &models.Error{Code: models.CodeForbidden, Key: "credential.error.not_editor"}
	}
	return c, nil
}

// CreateCredential adds a credential that belongs to the actor.
func (s *Store) CreateCredential(ctx context.Context, a models.Actor, c *models.Credential) error {
	now := s.clock.Now()
	c.OrgID, c.OwnerID, c.Rev, c.CreatedAt, c.UpdatedAt = a.OrgID, a.UserID, 1, now, now
	if err := s.mayShare(a, c.Shared); err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Create(c).Error; err != nil {
			return fault("create credential", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditCredentialCreate, Object: c.ID, Name: c.Name})
	})
}

// mayShare refuses members who give a credential to everybody.
func (s *Store) mayShare(a models.Actor, shared bool) error {
	if shared && a.Role != models.RoleBrandAdmin && a.Via != models.ViaSystem {
		return &models.Error{Code: models.CodeForbidden, Key: "credential.error.share"}
	}
	return nil
}

// UpdateCredential changes a credential that the actor may change: change gets it as it is now and says what of it is to
// be written. Everything but its tokens can be; a change of status or tokens makes tokens that are on their way void.
func (s *Store) UpdateCredential(ctx context.Context, a models.Actor, id string, change func(*models.Credential) error) (*models.Credential, error) {
	var saved *models.Credential
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		c, err := tx.ownCredential(ctx, a, id)
		if err != nil {
			return err
		}
		was, tokens, status := c.Shared, c.TokensSealed, c.Status
		if err := change(c); err != nil {
			return err
		}
		if c.Shared != was {
			if err := tx.mayShare(a, true); err != nil {
				return err
			}
		}
		c.UpdatedAt = s.clock.Now()
		rev := c.Rev
		c.Rev++
		columns := []string{
			"name", "type", "grant_type", "shared", "allowed_hosts", "rev", "config_sealed", "mtls_sealed",
			"cert_subject", "cert_expires_at", "cert_warned_at", "updated_at",
		}
		if c.Status != status { // otherwise a refresh beside this may be writing it
			columns = append(columns, "status", "problem")
		}
		if c.TokensSealed != tokens {
			c.TokensRev++
			c.RefreshClaim, c.RefreshUntil = "", nil
			columns = append(columns, "tokens_sealed", "tokens_rev", "expires_at", "refresh_claim", "refresh_until")
		}
		r := tx.write(ctx).Model(&models.Credential{}).Where("id = ? AND rev = ?", id, rev).Select(columns).Updates(c)
		saved = c
		if err := tx.changed(r, "save credential", "credential.error.changed"); err != nil {
			return err
		}
		action := models.AuditCredentialChange
		if c.TokensSealed != tokens && c.TokensSealed != "" {
			action = models.AuditCredentialConnect
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: action, Object: c.ID, Name: c.Name})
	})
	return saved, err
}

// DeleteCredential removes a credential: what was secret of it is gone at once, its name stays for the runs that need it.
func (s *Store) DeleteCredential(ctx context.Context, a models.Actor, id string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		c, err := tx.ownCredential(ctx, a, id)
		if err != nil {
			return err
		}
		return tx.wipeCredentials(ctx, a, *c)
	})
}

// wipeCredentials removes credentials with the ways to their providers.
func (s *Store) wipeCredentials(ctx context.Context, a models.Actor, all ...models.Credential) error {
	ids := column(all, func(c *models.Credential) string { return c.ID })
	for _, c := range all {
		if err := s.Audit(ctx, a, models.AuditEntry{Action: models.AuditCredentialDelete, Object: c.ID, Name: c.Name}); err != nil {
			return err
		}
	}
	if err := s.write(ctx).Where("credential_id IN ?", ids).Delete(&models.OAuthState{}).Error; err != nil {
		return fault("delete credential", err)
	}
	return fault("delete credential", s.write(ctx).Model(&models.Credential{}).Where("id IN ?", ids).Updates(map[string]any{
		"deleted_at": s.clock.Now(), "config_sealed": "", "tokens_sealed": "", "mtls_sealed": "", "problem": "", "allowed_hosts": "[]",
		"cert_subject": "", "cert_expires_at": nil, "refresh_claim": "", "refresh_until": nil, "rev": gorm.Expr("rev + 1"), "tokens_rev": gorm.Expr("tokens_rev + 1"),
	}).Error)
}

// CredentialUse is a workflow that names a credential, in its draft or its live version.
type CredentialUse struct {
	CredentialID string
	WorkflowID   string
	Name         string
	Enabled      bool
	Visible      bool `gorm:"-"` // the actor may see the workflow
	OwnerID      string
}

// CredentialUses finds the workflows that name the credentials, by credential; also those that the actor may not see.
func (s *Store) CredentialUses(ctx context.Context, a models.Actor, ids ...string) (map[string][]CredentialUse, error) {
	var all []CredentialUse
	// The id's underscore matches any character in LIKE; its other 15 letters decide.
	err := s.read(ctx).Raw(`SELECT c.id AS credential_id, w.id AS workflow_id, w.name, w.enabled, w.owner_id
		FROM credentials c JOIN workflows w ON w.org_id = c.org_id AND w.deleted_at IS NULL
		LEFT JOIN workflow_versions v ON v.workflow_id = w.id AND v.version = w.version
		WHERE c.org_id = ? AND c.id IN ? AND (w.draft LIKE '%' || c.id || '%' OR v.definition LIKE '%' || c.id || '%')
		ORDER BY lower(w.name), w.id`, a.OrgID, ids).Scan(&all).Error
	if err != nil {
		return nil, fault("find uses of credentials", err)
	}
	var known []string
	if len(all) > 0 {
		err := seen(s.read(ctx).Model(&models.Workflow{}), "workflows", a, workflowsSeen).Where("deleted_at IS NULL").
			Where("id IN ?", column(all, func(u *CredentialUse) string { return u.WorkflowID })).Pluck("id", &known).Error
		if err != nil {
			return nil, fault("find uses of credentials", err)
		}
	}
	may := make(map[string]bool, len(known))
	for _, id := range known {
		may[id] = true
	}
	uses := map[string][]CredentialUse{}
	for _, u := range all {
		if u.Visible = may[u.WorkflowID]; !u.Visible {
			u.Name = ""
		}
		uses[u.CredentialID] = append(uses[u.CredentialID], u)
	}
	return uses, nil
}

// PrivateCredentials lists what somebody keeps for themselves, for a brand admin who disables them: names and kinds alone.
func (s *Store) PrivateCredentials(ctx context.Context, a models.Actor, ownerID string) ([]models.Credential, error) {
	if !managesUsers(a) {
		return nil, forbidden()
	}
	var all []models.Credential
	err := s.read(ctx).Select("id", "org_id", "owner_id", "name", "type", "grant_type", "created_at").
		Where("org_id = ? AND owner_id = ? AND deleted_at IS NULL", a.OrgID, ownerID).Where("NOT shared").Order("lower(name), id").Find(&all).Error
	return all, fault("list credentials", err)
}

// TakeOverCredentials gives the private credentials of somebody who is disabled to another person, without showing them to
// anybody, and returns their number (contract §7, Credentials' owners). Shared ones go along.
func (s *Store) TakeOverCredentials(ctx context.Context, a models.Actor, fromID, toID string) (int64, error) {
	var n int64
	err := s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.checkDisabled(ctx, a, fromID); err != nil {
			return err
		}
		if _, err := tx.User(ctx, a, toID); err != nil {
			return err
		}
		var all []models.Credential
		if err := tx.write(ctx).Select("id", "name").Where("org_id = ? AND owner_id = ? AND deleted_at IS NULL", a.OrgID, fromID).Find(&all).Error; err != nil {
			return fault("take over credentials", err)
		}
		for _, c := range all {
			if err := tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditCredentialOwner, Object: c.ID, Name: c.Name}); err != nil {
				return err
			}
		}
		n = int64(len(all))
		return fault("take over credentials", tx.write(ctx).Model(&models.Credential{}).Where("id IN ?", column(all, func(c *models.Credential) string { return c.ID })).
			Updates(map[string]any{"owner_id": toID, "updated_at": s.clock.Now()}).Error)
	})
	return n, err
}

// RemoveCredentialsOf removes the private credentials of somebody who is disabled.
func (s *Store) RemoveCredentialsOf(ctx context.Context, a models.Actor, ownerID string) error {
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.checkDisabled(ctx, a, ownerID); err != nil {
			return err
		}
		all, err := tx.PrivateCredentials(ctx, a, ownerID)
		if err != nil {
			return err
		}
		return tx.wipeCredentials(ctx, a, all...)
	})
}

// checkDisabled makes sure that a brand admin deals with the things of somebody who cannot any more.
func (s *Store) checkDisabled(ctx context.Context, a models.Actor, userID string) error {
	if !managesUsers(a) {
		return forbidden()
	}
	u, err := s.User(ctx, a, userID)
	if err != nil {
		return err
	}
	if u.DisabledAt == nil {
		return models.Conflict("credential.error.owner_active", nil)
	}
	return nil
}

// ExpiringCertificates gives credentials whose client certificate ends before that time and nobody was warned of.
func (s *Store) ExpiringCertificates(ctx context.Context, before time.Time) ([]models.Credential, error) {
	var all []models.Credential
	err := s.read(ctx).Where("deleted_at IS NULL AND cert_expires_at IS NOT NULL AND cert_expires_at < ? AND cert_warned_at IS NULL", before).
		Order("id").Limit(MaxPage).Find(&all).Error
	return all, fault("find ending certificates", err)
}

// CertificateWarned notes that the owner of a credential was told of the certificate's end, and reports whether it was not before.
func (s *Store) CertificateWarned(ctx context.Context, id string) (bool, error) {
	r := s.write(ctx).Model(&models.Credential{}).Where("id = ? AND cert_warned_at IS NULL", id).Update("cert_warned_at", s.clock.Now())
	return r.RowsAffected > 0, fault("note warning", r.Error)
}

// BrandAdmins lists the ids of the people who manage the organisation and can sign in.
func (s *Store) BrandAdmins(ctx context.Context, a models.Actor) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&models.User{}).Where("org_id = ? AND role = ? AND disabled_at IS NULL", a.OrgID, models.RoleBrandAdmin).Order("id").Pluck("id", &ids).Error
	return ids, fault("list brand admins", err)
}

// AllowedDomains gives the hosts that tasks and credential endpoints of an organisation may reach, one a line; empty means all.
func (s *Store) AllowedDomains(ctx context.Context, orgID string) (string, error) {
	var o models.Organisation
	if err := s.read(ctx).Select("allowed_domains").Where("id = ?", orgID).Take(&o).Error; err != nil {
		return "", fault("read allowed domains", err)
	}
	return o.AllowedDomains, nil
}

// SetAllowedDomains writes them; only brand admins may.
func (s *Store) SetAllowedDomains(ctx context.Context, a models.Actor, domains string) error {
	if !managesUsers(a) {
		return forbidden()
	}
	return s.InTx(ctx, func(ctx context.Context, tx *Store) error {
		if err := tx.write(ctx).Model(&models.Organisation{}).Where("id = ?", a.OrgID).Update("allowed_domains", domains).Error; err != nil {
			return fault("save allowed domains", err)
		}
		return tx.Audit(ctx, a, models.AuditEntry{Action: models.AuditSettings, Object: models.SettingsDomains})
	})
}
