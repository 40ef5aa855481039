package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"afterimage/collector/store"

	"golang.org/x/crypto/argon2"
)

// Cost of argon2id: 19 MiB, two passes, one lane (OWASP's first choice), about 35 ms.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonLanes     = 1
	saltBytes      = 16
	hashBytes      = 32
)

// hashing bounds the memory that logins can take at once.
var hashing = make(chan struct{}, 2)

// hash makes the PHC string of a password.
func hash(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	hashing <- struct{}{}
	defer func() { <-hashing }()
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemoryKiB, argonLanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

var errPHC = errors.New("stored password is not an argon2id PHC string")

// matches compares a password with a PHC string, in time that does not depend on where
// they differ. Cost parameters are those of the string, within bounds.
func matches(password, phc string) (bool, error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errPHC
	}
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory > 256*1024 || passes == 0 || passes > 16 || lanes == 0 {
		return false, errPHC
	}
	salt, err := base64.RawStdEncoding.DecodeString(part[4])
	if err != nil {
		return false, errPHC
	}
	want, err := base64.RawStdEncoding.DecodeString(part[5])
	if err != nil || len(want) == 0 {
		return false, errPHC
	}
	hashing <- struct{}{}
	defer func() { <-hashing }()
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// AddUser stores a user with a random password and returns it: the only time it is seen.
func AddUser(ctx context.Context, st *store.Store, name string) (password string, err error) {
	if name == "" || len(name) > 100 || strings.TrimSpace(name) != name {
		return "", fmt.Errorf("user name: %d characters, expected 1 to 100 without spaces around", len(name))
	}
	password = randomPassword()
	id := rand.Text()
	err = st.AddUser(ctx, store.User{ID: id, Name: name, Password: hash(password), Role: store.RoleOwner})
	if err != nil {
		return "", err
	}
	return password, nil
}

// NewPassword gives a user another random password and ends all logins.
func NewPassword(ctx context.Context, st *store.Store, id string) (password string, err error) {
	password = randomPassword()
	if err := st.SetPassword(ctx, id, hash(password)); err != nil {
		return "", err
	}
	return password, nil
}

// randomPassword has 130 bits in groups that can be typed.
func randomPassword() string {
	t := strings.ToLower(rand.Text())
	var groups []string
	for len(t) > 6 {
		groups, t = append(groups, t[:6]), t[6:]
	}
	return strings.Join(append(groups, t), "-")
}
