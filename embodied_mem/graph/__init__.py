"""Places, rooms, floors and the typed scene graph, from the octree alone."""
