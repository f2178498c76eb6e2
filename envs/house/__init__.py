"""A procedural house: meshes, a renderer for one CPU core, and a demo recording.

`mesh`, `shapes`: triangles and parts. `furniture`, `small_things`, `rooms`: what is in the house.
`renderer` over `solids`, `lighting`, `raster`, `shading`, `textures`: colour, depth, instance ids.
`demo_room`: a recorded walk.
"""
