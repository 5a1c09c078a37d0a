-- A person may dismiss dead letters: who and why stay with them.
alter table dead_letter
    drop constraint dead_letter_settled_as_check,
    add constraint dead_letter_settled_as_check
        check (settled_as in ('legal', 'withdrawn', 'other_reason', 'taken_in', 'dismissed')),
    add dismissed_by text,
    add dismissed_because text,
    add constraint dead_letter_dismissed_by_somebody
        check (settled_as is distinct from 'dismissed' or (dismissed_by <> '' and dismissed_because <> ''));
