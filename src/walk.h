/* A split whose windows are wide, as split_walk.comp makes it: input rows are walked down once for a tile, each is filtered along x once,
 * and is added to all rows whose windows it is in. So a pixel costs its windows' height (of which neighbours share most) times
 * their width over the overlap, where tap by tap it costs height times width; there is no intermediate image to write and to
 * read again, as there would be if rows and columns were filtered in two dispatches.
 *
 * Windows that do not follow each other down are taken as the smallest ones that do: a row's begins no later than those of
 * the rows after it in its tile, and ends no earlier than those before. */
#ifndef S2VK_WALK_H
#define S2VK_WALK_H

#include "tables.h"

/* Shapes the split of a scale so; false, with *shape as it was, where too many windows overlap. */
bool s2_walk_take(const struct s2_target *target, const struct s2_geometry *geometry, const struct s2_scale *scale,
    const struct s2_scale_axes *axes, struct s2_split_shape *shape);

/* Input rows [*low, *high) that rows [begin, end) of a tile read. */
void s2_walk_reach(
    const struct s2_axis *axis, uint32_t side, uint32_t begin, uint32_t end, uint32_t *low, uint32_t *high);

/* Loop rounds of an invocation, at most. */
uint64_t s2_walk_rounds(const struct s2_scale_axes *axes, const struct s2_split_shape *shape);

/* As s2_tables_split(). */
size_t s2_walk_tables(const struct s2_scale *scale, const struct s2_scale_axes *axes,
    const struct s2_split_shape *shape, struct s2_entry *entries, size_t at, struct s2_scale_record *record);

#endif
